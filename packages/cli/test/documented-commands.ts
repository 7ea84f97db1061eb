import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './document.ts';

/** A command line that a document shows to its readers. */
export interface DocumentedCommand {
  /** As a reader would type it. */
  command: string;
  /** The first document that shows the command. */
  document: string;
}

const DOCUMENTS = ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md'];
const FENCED = /^(?<marked><!-- run.*-->\n)?```(?<language>\w*)\n(?<code>.*?)^```$/gms;
const INLINE = /`([^`\n]+)`/g;
const COMMAND = /^(?:[A-Z_]+=\S+ )*(?:npx |pnpm |orchestra |\.\/orchestra )/;

/**
 * Every command of Orchestra in the documents: the lines of code blocks, and inline code. Blocks below `<!-- run -->`
 * are left out, because `testDocument` runs them.
 */
export function documentedCommands(): DocumentedCommand[] {
  const found = new Map<string, DocumentedCommand>();
  for (const document of globSync(DOCUMENTS, { cwd: ROOT }).toSorted()) {
    const text = readFileSync(join(ROOT, document), 'utf8');
    const lines = [...text.matchAll(FENCED)].flatMap(({ groups = {} }) =>
      groups['marked'] === undefined ? joinedLines(groups['code'] ?? '') : [],
    );
    const inline = [...text.replaceAll(FENCED, '').matchAll(INLINE)].map((match) => match[1] ?? '');
    for (const line of [...lines, ...inline]) {
      const command = line.replace(/\s+#.*$/, '').trim();
      if (COMMAND.test(command) && !found.has(command)) found.set(command, { command, document });
    }
  }
  return [...found.values()];
}

/** A line that ends with a backslash goes on in the next one. */
function joinedLines(code: string): string[] {
  return code.replaceAll(/\\\n\s*/g, '').split('\n');
}
