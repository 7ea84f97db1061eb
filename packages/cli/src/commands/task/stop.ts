import { Flags } from '@oclif/core';
import type { StopView } from '@orchestra/pause-core/contract';
import { deskFlags } from '../../flags/desk.ts';
import { durationFlag } from '../../flags/duration.ts';
import { EXIT, wrongUsage } from '../../failure.ts';
import { labelFlags, toLabels } from '../../flags/labels.ts';
import { graceFlag, stopThenFlag } from '../../flags/stop.ts';
import { taskIds } from '../../flags/task-ids.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskStop extends OrchestraCommand {
  static override summary =
    'stop runs that are under way: of some tasks, of all that are alike, or all that a pause covers';
  static override description =
    "Their workers hear of it within two seconds: a handler is told by its signal, a command's processes " +
    'get TERM and then KILL. The tasks go back to the queue with their cursors and no attempt used, or ' +
    'are cancelled. ' +
    'What a worker has not ended in time is taken away from it, and may still be at work. Waits until ' +
    'all of that is known; exit code 4 when something may still be running. A task that goes back starts ' +
    'again as soon as a worker takes it, unless it is paused.';
  static override examples = [
    '<%= config.bin %> task stop 1207 --reason "it burns money"',
    '<%= config.bin %> task stop --pause 42 --then cancel --reason "wrong brief"',
    '<%= config.bin %> task stop --agent skeptic --running-longer-than 1h --reason "runaway"',
  ];
  static override strict = false;
  static override args = { id: taskIds };
  static override flags = {
    reason: Flags.string({ required: true, description: 'why, for everyone who meets these tasks' }),
    ...labelFlags,
    repo: Flags.string({ description: 'only those of this repository', helpValue: 'NAME' }),
    'running-longer-than': durationFlag({ description: 'only runs that began longer ago', helpValue: '1h' }),
    pause: Flags.string({ description: 'all that this pause covers', helpValue: 'PAUSE' }),
    then: stopThenFlag(),
    grace: graceFlag(),
    'no-wait': Flags.boolean({ description: 'do not wait until they have ended' }),
    ...deskFlags,
  };

  async run(): Promise<StopView> {
    const { argv, flags } = await this.parse(TaskStop);
    const { stopTasksRequest } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { untilEnded } = await import('../../await-stop.ts');
    const { showStop } = await import('../../show/stop.ts');
    const like = Object.entries({
      ...toLabels(flags),
      repo: flags.repo,
      running_longer_than_seconds: flags['running-longer-than'],
    }).filter(([, value]) => value !== undefined);
    const ids = argv.map(String);
    if ([ids.length > 0, like.length > 0, flags.pause !== undefined].filter(Boolean).length !== 1) {
      throw wrongUsage(
        'which runs? Name tasks by their ids, or what they are like (for example --agent skeptic), or a ' +
          'pause that covers them (--pause ID); one of these',
      );
    }
    const request = checked(stopTasksRequest, {
      ids: ids.length > 0 ? ids : undefined,
      filter: like.length > 0 ? Object.fromEntries(like) : undefined,
      pause_id: flags.pause,
      then: flags.then,
      grace_seconds: flags.grace,
      reason: flags.reason,
    });
    return atDesk(flags.direct, async (desk) => {
      const ordered = await desk.stop(request);
      const stop = flags['no-wait'] ? ordered : await untilEnded(desk, ordered);
      this.show(showStop(stop));
      if (stop.runs_count === 0) process.exitCode = EXIT.failed;
      else if (!flags['no-wait'] && stop.fenced_count + stop.waiting_count > 0) process.exitCode = EXIT.notQuiet;
      return stop;
    });
  }
}
