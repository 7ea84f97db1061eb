import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest: one that came last would keep one of two cores idle. Each whole run ends with a list of
 * them. Those that keep both cores busy (fleets, browsers) alternate with those that mostly wait: two of the first at a
 * time are too slow for the limits that programs have for each other.
 */
const LONGEST = [
  'packages/checker/test/chaos.test.ts',
  'packages/runner/test/outcome-table.test.ts',
  'packages/cli/test/mcp.test.ts',
  'packages/attach/test/promises.db.test.ts',
  'packages/attach/test/attach.db.test.ts',
  'packages/runner/test/staging.test.ts',
  'services/worker-claimer/test/tasks-api.test.ts',
  'packages/runner/test/worktree-content.test.ts',
  'services/pause-api/test/desk.browser.test.ts',
  'packages/worker/test/prefetch.test.ts',
  'packages/pause-core/test/replica.db.test.ts',
  'packages/worker/test/direct/direct-runs.test.ts',
  'packages/worker/test/cannot-work.test.ts',
  'services/alert-cascade/test/auto-pause.test.ts',
  'packages/cli/test/gate.test.ts',
  'services/pause-api/test/stream.test.ts',
  'packages/pause-core/test/existing-alerts.db.test.ts',
  'packages/checker/test/mutants.test.ts',
  'services/pause-api/test/hostile-strings.test.ts',
  'packages/cli/test/commands.test.ts',
  'packages/cli/test/desk.test.ts',
  'packages/cli/test/packed.test.ts',
  'packages/cli/test/documented-commands.test.ts',
  'packages/cli/test/up.test.ts',
  'packages/checker/test/stepped.test.ts',
  'services/pause-api/test/page.browser.test.ts',
  'examples/own-project/test/own-project.test.ts',
  'packages/checker/test/properties.test.ts',
  'services/pause-api/test/places.browser.test.ts',
  'services/pause-api/test/task.browser.test.ts',
  'examples/fleet/test/fleet.test.ts',
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
