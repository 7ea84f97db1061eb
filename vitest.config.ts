import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services,examples}/*/{src,test}/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    // Two cores: more workers only make the tests that start processes wait for each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
