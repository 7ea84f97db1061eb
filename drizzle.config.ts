import { defineConfig } from 'drizzle-kit';

// Only for `pnpm db:new NAME`, which adds an empty migration and its journal entry. Migrations are written by hand.
export default defineConfig({
  dialect: 'postgresql',
  schema: ['./packages/pause-core/src/schema.ts', './packages/task-queue/src/schema.ts'],
  out: './migrations',
});
