import { Args, Flags } from '@oclif/core';
import type { ReleaseView } from '@orchestra/pause-core/contract';
import type { TaskView } from '@orchestra/task-queue/contract';
import { wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { durationFlag } from '../../flags/duration.ts';
import { scopeFlags } from '../../flags/scope.ts';
import { rateFlag } from '../../flags/rate.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { givenPause, onlyPauseOn } from '../../pause-to-change.ts';

const WAIT_SECONDS = 60;

interface Released {
  release: ReleaseView | null;
  task?: TaskView | null;
}

export default class SenateRelease extends OrchestraCommand {
  static override summary = 'let a paused backlog go: one task to see how it does, or all of it at a pace';
  static override description =
    'In the order of the queue, one after the other; the pause holds everything else, and ends when ' +
    'nothing that it covers waits any more. ' +
    '--one lets a single task go, waits for it and shows what became of it; exit code 1 where it did not end well.';
  static override examples = [
    '<%= config.bin %> senate release agent skeptic --one',
    '<%= config.bin %> senate release agent skeptic --at-rate 5/min',
    '<%= config.bin %> senate release 42 --within 10m',
  ];
  static override args = {
    pause: Args.string({ description: 'id of the pause, or the kind of its scope', ignoreStdin: true }),
    value: Args.string({ description: 'with a kind: which one', ignoreStdin: true }),
  };
  static override flags = {
    ...scopeFlags,
    one: Flags.boolean({ description: 'one task, now' }),
    'at-rate': rateFlag({ description: 'all that waits, at this rate: 5/min, 1/s or 20/h' }),
    within: durationFlag({ description: 'all that waits now, spread evenly over this time' }),
    stop: Flags.boolean({ description: 'let no more go; the pause holds on' }),
    wait: durationFlag({
      description: `with --one: how long to wait for what becomes of it; ${WAIT_SECONDS}s unless given`,
    }),
    reason: Flags.string({ description: 'why, for the history' }),
    ...deskFlags,
  };

  async run(): Promise<Released> {
    const { args, flags } = await this.parse(SenateRelease);
    const given = [flags.one, flags['at-rate'] !== undefined, flags.within !== undefined, flags.stop].filter(
      Boolean,
    ).length;
    if (given !== 1) throw wrongUsage('say how: --one, --at-rate 5/min, --within 10m, or --stop');
    const { backlogReleaseRequest } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { awaitEnd, sayRelease, sayReleasedTask } = await import('../../show/release.ts');
    const named = await givenPause(args, flags, 'senate release');
    const pace = flags.one
      ? { one: true }
      : flags.stop
        ? { stop: true }
        : flags.within !== undefined
          ? { within_seconds: flags.within }
          : { gap_seconds: flags['at-rate'] };
    const answer = await atDesk(flags.direct, async (desk): Promise<Released> => {
      const id = 'id' in named ? named.id : await onlyPauseOn(desk, named);
      const release = await desk.releaseBacklog(
        checked(backlogReleaseRequest, {
          id,
          ...pace,
          ...(flags.reason === undefined ? {} : { reason: flags.reason }),
        }),
      );
      if (!flags.one || release === null || release.last_task_id === null) return { release };
      const { last_task_id: taskId, asked_at: askedAt } = release;
      this.talk(`task ${taskId} was let go; the pause holds the others`);
      return {
        release,
        task: await awaitEnd(desk, { last_task_id: taskId, asked_at: askedAt }, (flags.wait ?? WAIT_SECONDS) * 1_000),
      };
    });
    this.show(flags.one ? sayReleasedTask(answer.release, answer.task ?? null) : sayRelease(answer.release));
    if (flags.one && answer.task?.status !== 'succeeded') process.exitCode = 1;
    return answer;
  }
}
