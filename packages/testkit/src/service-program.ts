import { fileURLToPath } from 'node:url';
import { isBundled } from '../../cli/bin/bundle.js';

const ROOT = new URL('../../../', import.meta.url);

export type ServiceName = 'pause-api' | 'worker-claimer' | 'alert-cascade';

/**
 * The file of a service's program, for `fork`: the one that `orchestra up` runs, which loads in a third of the time, or
 * the sources where they have changed since the last build.
 */
export function serviceProgram(name: ServiceName): string {
  const file = isBundled() ? `packages/cli/dist/${name}.mjs` : `services/${name}/src/main.ts`;
  return fileURLToPath(new URL(file, ROOT));
}

/** For a program of Node.js that is to know nothing else of the test's own environment. */
export function plainEnvironment(): Record<string, string> {
  const kept = process.env['NODE_COMPILE_CACHE'];
  return { PATH: process.env['PATH'] ?? '', ...(kept === undefined ? {} : { NODE_COMPILE_CACHE: kept }) };
}
