import type { StoppedRun, StopView } from '@orchestra/pause-core/contract';
import { COMMAND } from '../command-name.ts';
import { beyond } from './listed.ts';
import { loud } from './say-pause.ts';
import { visibleText } from './visible-text.ts';

const runs = (count: number): string => (count === 1 ? '1 run' : `${count} runs`);

/** Who was told to stop, who has, and what may still be at work. */
export function showStop(stop: StopView): string {
  const {
    runs_count: all,
    obeyed_count: obeyed,
    ended_count: ended,
    fenced_count: fenced,
    waiting_count: waiting,
  } = stop;
  const back = stop.then === 'cancel' ? 'cancelled' : 'back in the queue with their cursors, and no attempt used';
  const unfinished = stop.runs.filter(({ state }) => state === 'fenced' || state === 'asked' || state === 'told');
  return [
    all === 0 ? 'nothing that was meant is running' : `told to stop: ${runs(all)}`,
    ...(obeyed === 0 ? [] : [`ended by their workers: ${runs(obeyed)}; their tasks are ${back}`]),
    ...(ended === 0 ? [] : [`came to another end first: ${runs(ended)}`]),
    ...(fenced === 0
      ? []
      : [
          loud(`TAKEN AWAY, AND MAY STILL BE AT WORK: ${runs(fenced)}`) +
            `; whatever they bring is refused, and their tasks are ${back}`,
        ]),
    ...(waiting === 0 ? [] : [`not ended yet: ${runs(waiting)}`]),
    ...unfinished.map((run) => `  task ${run.task_id}: ${whereItRuns(run)}`),
    ...beyond(fenced + waiting - unfinished.length),
    ...stop.passed_over.map(({ says }) => visibleText(says)),
    ...(stop.more ? ['there are more; call again'] : []),
  ].join('\n');
}

function whereItRuns({ state, worker, host, pid }: StoppedRun): string {
  const onHost = host === null ? '' : ` on host ${visibleText(host)}`;
  const where = `worker ${visibleText(worker ?? 'unknown')}${onHost}${pid === null ? '' : `, pid ${pid}`}`;
  switch (state) {
    case 'asked':
      return `${where} does not know yet`;
    case 'told':
      return `${where} knows and has not ended it yet`;
    default:
      return `it may still be running at ${where}`;
  }
}

/** What a receipt with running tasks adds: how to stop them. */
export const howToStop = (pauseId: string): string =>
  `to stop what runs: ${COMMAND} task stop --pause ${pauseId} --reason …`;
