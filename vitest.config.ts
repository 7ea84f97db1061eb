import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './packages/testkit/src/slowest-first.ts';

export default defineConfig({
  test: {
    include: ['{packages,services,examples}/*/{src,test}/**/*.test.ts'],
    setupFiles: ['packages/testkit/src/listed-problems.ts'],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    // Two cores: more workers only make the tests that start processes wait for each other.
    maxWorkers: 2,
    // One process runs many files and loads each module once: half of the CPU otherwise. A test puts back what it
    // changes in its process.
    isolate: false,
    sequence: { sequencer: SlowestFirst },
    // Processes that tests start keep their compiled sources too. What is kept is valid for one content of a file only.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'compiled') },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
