import { scopeOf, scopeText } from '@orchestra/pause-core/contract';
import type { Hold } from '../contract/index.ts';
import type { PauseOverTask } from './facts.ts';

export function pauseHold(pause: PauseOverTask): Hold {
  const scope = scopeOf({ scope_kind: pause.scopeKind, scope_value: pause.scopeValue, also: pause.also });
  return {
    kind: 'pause',
    since: pause.since,
    until: pause.endsAt,
    says: `${scopeText(scope)} is paused by ${pause.by}: ${pause.reason}. ${end(pause)}`,
    pause_id: pause.id,
    scope_kind: pause.scopeKind,
    scope_value: pause.scopeValue,
    ...(pause.also === null ? {} : { also: pause.also }),
    by: pause.by,
    reason: pause.reason,
    ...(pause.probes && pause.probeTaskId !== null ? { task_id: pause.probeTaskId } : {}),
  };
}

/** What becomes of it. Only `resume` ends by the clock. */
function end({ endsAs, overAt, stays, probes, probeTaskId }: PauseOverTask): string {
  if (stays) return 'Its time is over, and it stays until a person clears it';
  if (probes)
    return probeTaskId === null
      ? 'Its time is over: it ends once one task was let through and done, and there is none yet that could be'
      : `Its time is over: it ends when task ${probeTaskId}, which it lets through, is done`;
  if (overAt === null) return 'It stays until a person clears it';
  switch (endsAs) {
    case 'resume':
      return `It ends by itself at ${overAt}`;
    case 'stay':
      return `At ${overAt} its time is over, and then it waits for a person`;
    case 'probe':
      return `At ${overAt} its time is over: then one task is let through, and it ends when that is done`;
  }
}
