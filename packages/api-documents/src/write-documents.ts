import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENTED_SERVICES, DOCUMENTS } from './documents.ts';

/** Writes `pause-api.json` and `worker-claimer.json` into a folder, which it makes. */
export function writeDocuments(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const service of DOCUMENTED_SERVICES)
    writeFileSync(join(folder, `${service}.json`), `${JSON.stringify(DOCUMENTS[service], null, 1)}\n`);
}
