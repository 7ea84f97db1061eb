import { actsHold } from './assertions/acts-hold.ts';
import { alertsPauseOnce } from './assertions/alerts-pause-once.ts';
import { freeAttachedJobsRun, noAttachedClaimUnderAPause } from './assertions/attached-queue-obeys.ts';
import { doneOnce } from './assertions/done-once.ts';
import { noClaimInsideAPause, noClaimUnderAnAnsweredPause } from './assertions/gate-holds.ts';
import { historyIsWritten } from './assertions/history-is-written.ts';
import { leasesAreKept } from './assertions/leases-are-kept.ts';
import { nothingGoesWrongInside } from './assertions/nothing-goes-wrong-inside.ts';
import { oneOfARepo } from './assertions/one-of-a-repo.ts';
import { pausesSurvive } from './assertions/pauses-survive.ts';
import { placesAreKept } from './assertions/places-are-kept.ts';
import { rowsArePossible } from './assertions/rows-are-possible.ts';
import { runningWorkEnds } from './assertions/running-work-ends.ts';
import { endingsBelongToTheLatestClaim } from './assertions/runs-are-fenced.ts';
import { acceptedTasksEnd } from './assertions/tasks-end.ts';
import { indexHistory } from './indexed.ts';
import type { History } from './testimony.ts';
import type { Assertion, AssertionName, Violation } from './violation.ts';

const BY_NAME: Record<AssertionName, Assertion> = {
  A1: pausesSurvive,
  A2: noClaimUnderAnAnsweredPause,
  A3: noClaimInsideAPause,
  A4: acceptedTasksEnd,
  A5: endingsBelongToTheLatestClaim,
  A6: doneOnce,
  A7: runningWorkEnds,
  A8: placesAreKept,
  A9: alertsPauseOnce,
  A10: rowsArePossible,
  A11: leasesAreKept,
  A12: historyIsWritten,
  A13: oneOfARepo,
  A14: nothingGoesWrongInside,
  A15: actsHold,
  A16: noAttachedClaimUnderAPause,
  A17: freeAttachedJobsRun,
};

/** Everything in a history that the promises do not allow. */
export function judgeHistory(history: History): Violation[] {
  const indexed = indexHistory(history);
  return Object.values(BY_NAME).flatMap((assertion) => assertion(indexed));
}
