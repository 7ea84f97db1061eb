import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, longest first: one that came last would keep one of two cores idle. Each whole run ends
 * with such a list.
 */
const LONGEST = [
  'packages/checker/test/chaos.test.ts',
  'services/pause-api/test/desk.browser.test.ts',
  'packages/checker/test/mutants.test.ts',
  'packages/checker/test/stepped.test.ts',
  'packages/cli/test/packed.test.ts',
  'packages/cli/test/up.test.ts',
  'packages/cli/test/commands.test.ts',
  'packages/runner/test/outcome-table.test.ts',
  'services/pause-api/test/page.browser.test.ts',
  'examples/own-project/test/own-project.test.ts',
  'packages/checker/test/properties.test.ts',
  'packages/runner/test/staging.test.ts',
  'packages/cli/test/desk.test.ts',
  'packages/attach/test/promises.db.test.ts',
  'packages/attach/test/attach.db.test.ts',
  'services/worker-claimer/test/tasks-api.test.ts',
  'packages/cli/test/mcp.test.ts',
  'services/pause-api/test/task.browser.test.ts',
  'examples/fleet/test/fleet.test.ts',
  'packages/runner/test/worktree-content.test.ts',
  'packages/cli/test/documented-commands.test.ts',
  'services/pause-api/test/hostile-strings.test.ts',
  'services/pause-api/test/acts.browser.test.ts',
];

/** Pure tests, which end at once; then the files above; then the others, largest first. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return others.toSorted((a, b) => turn(a) - turn(b));
  }
}

function turn({ moduleId }: TestSpecification): number {
  if (/\/(packages|services)\/[\w-]+\/src\//.test(moduleId)) return -1;
  const place = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
  return place === -1 ? LONGEST.length : place;
}
