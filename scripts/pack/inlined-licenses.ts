import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const manifest = z.looseObject({ name: z.string(), version: z.string(), license: z.string() });
const LICENSE_FILE = /^(licen[cs]e|copying)([.-].*)?$/i;
const PACKAGE_OF_FILE = /^(?<folder>.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The licence texts of the libraries that these files are of, in the form in which Vite writes those of the page. */
export function licensesOf(root: string, libraryFiles: readonly string[]): string {
  const folders = new Set(libraryFiles.map((file) => PACKAGE_OF_FILE.exec(file)?.groups?.['folder'] ?? file));
  const texts = [...folders].map((folder) => licenseOf(join(root, folder)));
  return [...new Set(texts)].toSorted().join('\n');
}

function licenseOf(folder: string): string {
  const { name, version, license } = manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const file = readdirSync(folder).find((one) => LICENSE_FILE.test(one));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `## ${name} - ${version} (${license})\n\n${text}\n`;
}
