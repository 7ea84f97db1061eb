import type { Mutant } from './mutant.ts';

const CORE = 'packages/pause-core/src';
const by = (name: string): Mutant['caughtBy'] => ({ level: 'L0', name });

/** Broken decisions, in code without any database. */
export const DECISION_MUTANTS: readonly Mutant[] = [
  {
    name: 'the pause that ends first is named',
    file: `${CORE}/pause.ts`,
    why: 'P7: the others outlive the one that is known',
    edits: [{ find: 'endOf(b) - endOf(a)', replace: 'endOf(a) - endOf(b)' }],
    caughtBy: by('P7 which of several pauses is named, at any moment'),
  },
  {
    name: 'expiry by the process’s clock',
    file: `${CORE}/replica/pause-index.ts`,
    why: 'P8: a machine whose clock is wrong ends pauses or prolongs them',
    edits: [{ find: 'answeredAtMs + pause.remainingMs', replace: 'answeredAtMs + pause.remainingMs - Date.now()' }],
    caughtBy: by('P8 no wall clock ends a pause or prolongs it'),
  },
  {
    name: 'it fails open',
    file: `${CORE}/replica/replica.ts`,
    why: 'P13: a database error reads as "not paused"',
    edits: [
      {
        find: "onFailed: (error) => this.emit('read-failed', error),",
        replace: "onFailed: (error) => { this.#index = new PauseIndex([], 0); this.emit('read-failed', error); },",
      },
    ],
    caughtBy: by('P13 a replica answers by the last reading that succeeded'),
  },
  {
    name: 'the blind go on',
    file: `${CORE}/replica/replica.ts`,
    why: 'P13: a loop that was to stop where nothing is known goes on',
    edits: [{ find: "options.onUnknown === 'stop' ? UNKNOWN : GO_ON", replace: 'GO_ON' }],
    caughtBy: by('P13 a replica answers by the last reading that succeeded'),
  },
  {
    name: 'a bell shares the reading that is under way',
    file: `${CORE}/replica/reread-loop.ts`,
    why: 'P6: a pause that committed after the reading began is missed',
    edits: [
      {
        find: '          wanted.resolve();\n',
        replace: '          wanted.resolve(); this.#wanted?.resolve(); this.#wanted = undefined;\n',
      },
    ],
    caughtBy: by('P6 who asks is answered by a reading that began after the question'),
  },
  {
    name: 'the window is closed at both ends',
    file: `${CORE}/alert-rule.ts`,
    why: 'P14: alerts five minutes apart count together',
    edits: [{ find: 'time - earlier < rule.windowMs', replace: 'time - earlier <= rule.windowMs' }],
    caughtBy: by('P14 three alerts within five minutes, and used once'),
  },
  {
    name: 'alerts during a pause count for the next one',
    file: `${CORE}/alert-rule.ts`,
    why: 'P14: a second pause out of the same alerts',
    edits: [{ find: 'if (time < dueSince + rule.pauseMs) continue;', replace: '' }],
    caughtBy: by('P14 three alerts within five minutes, and used once'),
  },
  {
    name: 'a retry waits ever longer',
    file: 'packages/task-queue/src/pipelines/retry-delay.ts',
    why: 'a wait without a limit',
    edits: [
      {
        find: 'Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** Math.max(0, attempt - 1))',
        replace: 'FIRST_SECONDS * 2 ** Math.max(0, attempt - 1)',
      },
    ],
    caughtBy: by('how long a failed task waits'),
  },
  {
    name: 'a lost run is completed all the same',
    file: 'packages/worker/src/outcome.ts',
    why: 'P10: its end is told although it is another’s',
    edits: [
      {
        find: "if (aborted?.why === 'run-lost') return",
        replace: "if (aborted?.why === 'run-lost' && stopped === undefined) return",
      },
    ],
    caughtBy: by('P10 P11 what the end of a handler means'),
  },
  {
    name: 'what was cut short counts as done',
    file: 'packages/worker/src/cursor-keeper.ts',
    why: 'P11: an item is skipped',
    edits: [{ find: '    if (done) {', replace: '    if (done || this.#savedInside !== undefined) {' }],
    caughtBy: by('P11 a loop that is cut short goes on where it was'),
  },
  {
    name: 'a reaper that does not listen first',
    file: 'services/worker-claimer/src/loops/hearing.ts',
    why: 'P10: after an outage healthy runs are taken away',
    edits: [{ find: '  lost(): void {\n    this.#sinceMs = undefined;', replace: '  lost(): void {' }],
    caughtBy: by('P10 silence means something only to who has listened'),
  },
  {
    name: 'a process id that lives proves life',
    file: 'packages/task-queue/src/reaper/classify-process.ts',
    why: 'P15: a reused pid keeps a dead run (F13)',
    edits: [{ find: "seen === 'gone' || seen.startedAtTicks !== run.process_started", replace: "seen === 'gone'" }],
    caughtBy: by('P15 which process is dead for certain (F13)'),
  },
  {
    name: 'a sealed run is anybody’s',
    file: `${CORE}/run-owner.ts`,
    why: 'P10: whoever has seen a run’s id ends the run of another token',
    edits: [
      {
        find: 'digits[VERSION_AT] !== SEALED_VERSION || isSealedBy(key, digits)',
        replace: "digits[VERSION_AT] !== SEALED_VERSION || key !== ''",
      },
    ],
    caughtBy: by('P10 a run belongs to the token that claimed it'),
  },
];
