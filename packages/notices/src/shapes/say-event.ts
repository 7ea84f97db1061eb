import { scopeOf, scopeText, type PauseView, type SenateEvent } from '@orchestra/pause-core/contract';
import { visibleText } from './visible-text.ts';

/** An event in one sentence, for people. */
export function sayEvent(event: Exclude<SenateEvent, { type: 'snapshot' }>): string {
  if (event.type === 'alert.created' || event.type === 'alert.acknowledged' || event.type === 'alert.resolved') {
    const { kind, ref_id: actor, severity, ack_by: by } = event.data;
    const alert =
      `${visibleText(severity)} alert ` +
      `${visibleText(kind ?? 'of unknown kind')}${actor === null ? '' : ` about actor ${visibleText(actor)}`}`;
    if (event.type === 'alert.resolved') return `${alert} is over`;
    return event.type === 'alert.created' ? alert : `${alert} acknowledged by ${visibleText(by ?? 'somebody')}`;
  }
  if (event.type === 'run.stopping') {
    const { task_ids: tasks, asked_by: by, reason } = event.data;
    return (
      `${visibleText(by)} has ` +
      `${tasks.length === 1 ? `the run of task ${tasks[0]}` : `the runs of ${tasks.length} tasks`} ` +
      `stopped: “${visibleText(reason)}”`
    );
  }
  const pause = event.data;
  const scope = visibleText(scopeText(scopeOf(pause)));
  const why = `“${visibleText(pause.reason)}”`;
  switch (event.type) {
    case 'pause.created':
      return `${scope} paused by ${visibleText(pause.paused_by)} ${untilWhen(pause)}: ${why}`;
    case 'pause.changed':
      return `the pause of ${scope} was changed and now lasts ${untilWhen(pause)}: ${why}`;
    case 'pause.cleared':
      return (
        `${scope} is no longer paused: cleared by ${visibleText(pause.cleared_by ?? 'somebody')} (it was ` +
        `paused: ${why})`
      );
    case 'pause.expired':
      return `${scope} is no longer paused: its time is over (it was paused: ${why})`;
    case 'pause.quiet':
      return `the pause of ${scope} has taken effect: nothing that it covers is running any more`;
    case 'pause.warning':
      return (
        `the pause of ${scope} ends soon${pause.expires_at === null ? '' : `, at ${pause.expires_at}`}, and ` +
        `then: ${pause.then} (it was paused: ${why})`
      );
    case 'pause.stayed':
      return (
        `the time of the pause of ${scope} is over; it stays until a person clears or extends it (it was ` +
        `paused: ${why})`
      );
    case 'pause.probing':
      return (
        `the time of the pause of ${scope} is over; one task is let through to see how things stand (it was ` +
        `paused: ${why})`
      );
  }
}

function untilWhen({ expires_at: end }: PauseView): string {
  return end === null ? 'until it is cleared' : `until ${end}`;
}
