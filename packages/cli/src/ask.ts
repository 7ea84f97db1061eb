import { createInterface } from 'node:readline/promises';

/** What the person at the terminal types; undefined: Ctrl-C, or the end of the input. */
export async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  lines.once('SIGINT', () => ended.abort());
  lines.once('close', () => ended.abort());
  try {
    return await lines.question(question, { signal: ended.signal });
  } catch {
    process.stderr.write('\n');
    return undefined;
  } finally {
    lines.close();
  }
}
