import { RUNNER_PREFIX, type Hold } from '../contract/index.ts';
import { gateHolds } from './gate-holds.ts';
import { pauseHold } from './pause-hold.ts';
import type { TaskFacts } from './facts.ts';

/**
 * Everything that holds a task which waits, in the order in which it has to go: first what the task itself needs from a
 * person, then the pauses over it, then its repo, then the clock, then a worker. All of it holds at once: what stands
 * behind does not wait for what stands before.
 */
export function holdsOver(facts: TaskFacts): Hold[] {
  return [
    ...heldByItsEnvironment(facts),
    ...openQuestion(facts),
    ...parked(facts),
    ...facts.pauses.map((pause) => pauseHold(pause)),
    ...gateHolds(facts),
    ...notBefore(facts),
    ...noWorker(facts),
  ];
}

function heldByItsEnvironment({ held }: TaskFacts): Hold[] {
  if (held === null) return [];
  const what = held.says ?? 'nobody has said why';
  return [
    {
      kind: 'held',
      since: held.at,
      until: null,
      says:
        `its environment has stopped it: ${what}. It goes on when a person lets it, after the ` +
        `repair${held.fix === null ? '' : `: ${held.fix}`}`,
      ...(held.says === null ? {} : { reason: held.says }),
      ...(held.fix === null ? {} : { fix: held.fix }),
    },
  ];
}

function openQuestion({ question }: TaskFacts): Hold[] {
  return question === null
    ? []
    : [
        {
          kind: 'question',
          since: question.at,
          until: null,
          says: 'it has asked a question and waits for the answer',
          reason: question.text,
        },
      ];
}

function parked({ parked: park }: TaskFacts): Hold[] {
  return park === null
    ? []
    : [
        {
          kind: 'parked',
          since: park.at,
          until: null,
          says: `${park.by} has parked it: ${park.reason}`,
          by: park.by,
          reason: park.reason,
        },
      ];
}

function notBefore({ status, nextEligibleAt, deferred, at, attempts, disturbances, createdAt }: TaskFacts): Hold[] {
  if (status !== 'queued' || deferred || Date.parse(nextEligibleAt) <= Date.parse(at)) return [];
  const why =
    disturbances > 0
      ? 'a passing disturbance has stopped its last run, and it is tried again then'
      : attempts.used > 0 || attempts.crashes > 0
        ? `it is tried again then; so far ${attempts.used} of ${attempts.max} attempts are used`
        : 'it was added for later';
  return [{ kind: 'not_before', since: createdAt, until: nextEligibleAt, says: `its time has not come: ${why}` }];
}

function noWorker({ workers, agentId, skill, keptForRunner }: TaskFacts): Hold[] {
  if (workers.there > 0) return [];
  const labels = [
    ...(agentId === null ? [] : [`agent ${agentId}`]),
    ...(skill === null ? [] : [`skill ${keptForRunner ? RUNNER_PREFIX : ''}${skill}`]),
  ];
  const wants = labels.length === 0 ? 'tasks without labels' : labels.join(' and ');
  const last =
    workers.lastSeenAt === null
      ? 'none has within a day'
      : 'those that did have not asked for three minutes, and run nothing';
  return [{ kind: 'no_worker', since: workers.lastSeenAt, until: null, says: `no worker asks for ${wants}: ${last}` }];
}
