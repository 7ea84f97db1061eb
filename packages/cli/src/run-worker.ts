import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { createCommandHandler, createWorker, type Worker } from '@orchestra/worker';
import { findSettings } from './desk/at-desk.ts';
import { CommandFailure, wrongUsage } from './failure.ts';
import { sayDuration } from './show/duration.ts';
import { sayInstant } from './show/instant.ts';
import { visibleText } from './show/visible-text.ts';
import { StopRequests } from './stop-requests.ts';

export interface WorkerOrder {
  command: string[];
  skills: string[] | undefined;
  agents: string[] | undefined;
  name: string | undefined;
  concurrency: number;
  timeLimitSeconds: number | undefined;
  /** Each task works in a folder of its own below this one. */
  folderPerTask: string | undefined;
  /** For the person at the terminal: one line for each task. */
  tell: (line: string) => void;
  /** For programs: the end of each run. */
  report: (told: object) => void;
}

/** Works until told to stop (SIGINT, SIGTERM, SIGHUP); what is running then is waited for, or put back. */
export async function runWorker(order: WorkerOrder): Promise<void> {
  const requests = new StopRequests();
  try {
    const worker = await makeWorker(order);
    tellOf(worker, order);
    await worker.start();
    await requests.first;
    await worker.stop();
  } finally {
    requests.close();
  }
}

async function makeWorker({ command, skills, agents, name, concurrency, timeLimitSeconds, folderPerTask }: WorkerOrder): Promise<Worker> {
  const settings = await findSettings();
  if (settings.token === undefined) {
    throw new CommandFailure('unauthenticated', 'no token was found: set ORCHESTRA_TOKEN, or call this below the folder where `orchestra up` was started');
  }
  const handler = createCommandHandler({ command, folderPerTask, ...(timeLimitSeconds !== undefined && { timeLimitMs: timeLimitSeconds * 1_000 }) });
  try {
    return createWorker({
      url: settings.tasksUrl, pauseUrl: settings.url, token: settings.token, handlers: { '*': handler }, skills, agents, concurrency, name,
    });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw wrongUsage(cause.message, { cause }); // a label that is none, an address that is none
  }
}

function tellOf(worker: Worker, { tell, report, command }: WorkerOrder): void {
  const line = (task: ClaimedTask, text: string): void => tell(`task ${task.id}${labels(task)}: ${text}`);
  worker
    .on('started', ({ worker: name }) => tell(`worker ${visibleText(name)} runs: ${visibleText(command.join(' '))}`))
    .on('finished', ({ task, durationMs }) => {
      line(task, `done in ${seconds(durationMs)}`);
      report({ event: 'finished', task_id: task.id, run_id: task.run_id, duration_ms: Math.round(durationMs) });
    })
    .on('asked', ({ task, questions, status, durationMs }) => {
      line(task, `asks (${status === 'queued' ? 'parked' : status}): ${visibleText(questions.trim().split('\n', 1)[0] ?? '')}; to answer: orchestra task answer ${task.id}`);
      report({ event: 'asked', task_id: task.id, run_id: task.run_id, duration_ms: Math.round(durationMs), status, questions });
    })
    .on('log', ({ task, message }) => line(task, visibleText(message)))
    .on('failed', ({ task, error, status, nextEligibleAt, durationMs }) => {
      const next = status === 'queued' ? `again from ${nextEligibleAt === null ? 'now' : sayInstant(nextEligibleAt)}` : `${status} for good`;
      line(task, `failed in ${seconds(durationMs)}, attempt ${task.attempt} of ${task.max_attempts}, ${next}: ${visibleText(error.split('\n', 1)[0] ?? '')}`);
      report({ event: 'failed', task_id: task.id, run_id: task.run_id, duration_ms: Math.round(durationMs), status, next_eligible_at: nextEligibleAt, error });
    })
    .on('stopped-at-checkpoint', ({ task, reason }) => line(task, `stopped: ${visibleText(reason)}`))
    .on('released', ({ task, cause }) => {
      line(task, `put back (${cause})`);
      report({ event: 'released', task_id: task.id, run_id: task.run_id, cause });
    })
    .on('run-lost', ({ task, why }) => {
      line(task, `lost: ${visibleText(why)}`);
      report({ event: 'run_lost', task_id: task.id, run_id: task.run_id, why });
    })
    .on('finish-failed', ({ task, error, retryInMs }) => line(task, `its end could not be told (${visibleText(error.message)}); ${retryInMs === null ? 'its lease will end it' : `trying again in ${seconds(retryInMs)}`}`))
    .on('claim-failed', ({ error, failures, retryInMs }) => {
      // The first, and then fewer and fewer: services that are away must not fill a terminal.
      if (Math.log2(failures) % 1 === 0) tell(`nothing can be claimed (${visibleText(error.message)}); trying again in ${seconds(retryInMs)}`);
    })
    .on('draining', ({ running, drainMs }) => tell(running.length === 0 ? 'stopping' : `stopping: ${running.length} running, given ${sayDuration(drainMs / 1_000)}`));
}

function labels(task: ClaimedTask): string {
  const given = [task.agent_id, task.skill, task.quest_id].filter((label) => label !== null);
  return given.length === 0 ? '' : ` (${visibleText(given.join(', '))})`;
}

function seconds(durationMs: number): string {
  return durationMs < 10_000 ? `${(durationMs / 1_000).toFixed(1)}s` : sayDuration(durationMs / 1_000);
}
