import { hostname } from 'node:os';
import { createClient, type Client } from '@orchestra-brake/client';
import { isFileBelow, RUNNER_PREFIX, type ClaimedTask } from '@orchestra/task-queue/contract';
import {
  CannotWork,
  createCommandHandler,
  createWorker,
  noToken,
  pipelineGates,
  questionRules,
  type Handler,
  type Worker,
} from '@orchestra-brake/worker';
import { exposedBy } from './exposed-by.ts';
import { CommandFailure, wrongUsage } from './failure.ts';
import { findSettings } from './profile/settings.ts';
import type { RunnerSkill } from './runner/runner-skills.ts';
import { sayDuration } from './show/duration.ts';
import { sayInstant } from './show/instant.ts';
import { visibleText } from './show/visible-text.ts';
import { StopRequests } from './stop-requests.ts';
import { COMMAND } from './command-name.ts';
import { manualPage } from '@orchestra/service-shell/manual';

/** What runs the tasks: a command, or one of the deterministic runners. */
export type WorkOrder = CommandOrder | { runner: RunnerSkill; config: string };

export interface CommandOrder {
  command: string[];
  timeLimitSeconds: number | undefined;
  /** Each task works in a folder of its own below this one. */
  folderPerTask: string | undefined;
  /** What the command is given of what is withheld otherwise. */
  env: Record<string, string>;
  /** Files that each run leaves; only all of them supersede its questions. */
  deliverables: string[];
}

export interface WorkerOrder {
  work: WorkOrder;
  /** A runner takes the place of these skills' ordinary workers; its own unless given. */
  skills: string[] | undefined;
  agents: string[] | undefined;
  name: string | undefined;
  concurrency: number;
  /** For the person at the terminal: one line for each task. */
  tell: (line: string) => void;
  /** For programs: the end of each run. */
  report: (told: object) => void;
}

/** Works until told to stop (SIGINT, SIGTERM, SIGHUP); what is running then is waited for, or put back. */
export async function runWorker(order: WorkerOrder): Promise<void> {
  const requests = new StopRequests();
  let unwatch = (): void => {};
  try {
    const { worker, says, watch } = await makeWorker(order);
    const exposed = exposedBy();
    if (exposed !== undefined) {
      order.tell(
        `what this worker runs can read ${exposed.names.join(', ')} in the environment of process ` +
          `${exposed.pid} (${visibleText(exposed.program)}), which started it: ` +
          'give the token by ORCHESTRA_TOKEN_FILE or a profile, or run the worker as another user ' +
          `(${manualPage('operations.md')})`,
      );
    }
    tellOf(worker, order, says);
    unwatch = watch();
    await Promise.race([worker.start(), requests.first]);
    await requests.first;
    await worker.stop();
  } catch (error) {
    throw error instanceof CannotWork ? asFailure(error) : error;
  } finally {
    unwatch();
    requests.close();
  }
}

/** In the words of the library, and with the code of the HTTP contract. */
function asFailure(error: CannotWork): CommandFailure {
  return new CommandFailure(error.code === 'no_token' ? 'unauthenticated' : error.code, error.message, {
    cause: error,
  });
}

interface Made {
  handler: Handler;
  /** What it runs. */
  says: string;
  /** Which skills it claims, where that is not what was asked for. */
  skills: string[] | undefined;
  /** Looks at its environment from then on. Answers what ends that. */
  watch: (worker: string) => () => void;
}

async function makeWorker(order: WorkerOrder): Promise<{ worker: Worker; says: string; watch: () => () => void }> {
  const { agents, concurrency, name = `${hostname()}:${process.pid}` } = order;
  const settings = findSettings();
  // Before a runner looks at its environment, and tells the service.
  if (settings.token === undefined) throw noToken(COMMAND);
  try {
    const client = createClient({ url: settings.url, tasksUrl: settings.tasksUrl, token: settings.token });
    const { handler, says, skills, watch } = await makeWork(order, client);
    const worker = createWorker({
      url: settings.tasksUrl,
      pauseUrl: settings.url,
      token: settings.token,
      origins: settings.origins,
      isTokenWithheld: true,
      warn: order.tell,
      orchestra: COMMAND,
      handlers: { '*': handler },
      skills,
      agents,
      concurrency,
      name,
    });
    return { worker, says, watch: () => watch(name) };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw wrongUsage(cause.message, { cause }); // a label that is none, an address that is none
  }
}

async function makeWork({ work, skills, tell }: WorkerOrder, client: Client): Promise<Made> {
  if ('command' in work) {
    const { command, folderPerTask, timeLimitSeconds, env, deliverables } = work;
    const wrong = deliverables.find((file) => !isFileBelow(file));
    if (wrong !== undefined)
      throw wrongUsage(
        `--deliverables: ${JSON.stringify(wrong)} is not the path of a file below the working folder, such ` +
          'as report.md',
      );
    const questionRuleOf = questionRules(client, deliverables, (error) =>
      tell(
        'whether it may ask, and what supersedes its questions, could not be read ' +
          `(${visibleText(error.message)}): it asks`,
      ),
    );
    const handler = createCommandHandler({
      command,
      folderPerTask,
      env,
      gateOf: pipelineGates(client),
      questionRuleOf,
      ...(timeLimitSeconds !== undefined && { timeLimitMs: timeLimitSeconds * 1_000 }),
    });
    return { handler, says: command.join(' '), skills, watch: () => () => {} };
  }
  const { readRunnerWork } = await import('./runner/runner-work.ts');
  const { watchRunner } = await import('./runner/watch-runner.ts');
  const runner = await readRunnerWork(work.runner, work.config);
  return {
    handler: runner.handler,
    says: runner.says,
    skills: (skills ?? [work.runner]).map((skill) => RUNNER_PREFIX + skill),
    watch: (worker) => watchRunner({ work: runner, client, worker, tell }),
  };
}

function tellOf(worker: Worker, { tell, report }: WorkerOrder, says: string): void {
  const line = (task: ClaimedTask, text: string): void => tell(`task ${task.id}${labels(task)}: ${text}`);
  worker
    .on('started', ({ worker: name }) => tell(`worker ${visibleText(name)} runs: ${visibleText(says)}`))
    .on('finished', ({ task, durationMs }) => {
      line(task, `done in ${seconds(durationMs)}`);
      report({ event: 'finished', task_id: task.id, run_id: task.run_id, duration_ms: Math.round(durationMs) });
    })
    .on('asked', ({ task, questions, status, durationMs }) => {
      line(
        task,
        `asks (${status === 'queued' ? 'parked' : status}): ` +
          `${visibleText(questions.trim().split('\n', 1)[0] ?? '')}; to answer: ${COMMAND} task answer ${task.id}`,
      );
      report({
        event: 'asked',
        task_id: task.id,
        run_id: task.run_id,
        duration_ms: Math.round(durationMs),
        status,
        questions,
      });
    })
    .on('log', ({ task, message }) => line(task, visibleText(message)))
    .on('failed', ({ task, error, status, nextEligibleAt, durationMs }) => {
      const next =
        status === 'queued'
          ? `again from ${nextEligibleAt === null ? 'now' : sayInstant(nextEligibleAt)}`
          : `${status} for good`;
      line(
        task,
        `failed in ${seconds(durationMs)}, attempt ${task.attempt} of ${task.max_attempts}, ${next}: ` +
          `${visibleText(error.split('\n', 1)[0] ?? '')}`,
      );
      report({
        event: 'failed',
        task_id: task.id,
        run_id: task.run_id,
        duration_ms: Math.round(durationMs),
        status,
        next_eligible_at: nextEligibleAt,
        error,
      });
    })
    .on('disturbed', ({ task, by, status, nextEligibleAt, durationMs }) => {
      const next =
        status === 'held'
          ? `held until it is repaired; then: ${COMMAND} task release ${task.id}`
          : `again from ${nextEligibleAt === null ? 'now' : sayInstant(nextEligibleAt)}`;
      line(
        task,
        `${by.outcome === 'environment' ? 'stopped by its environment' : 'disturbed'} after ` +
          `${seconds(durationMs)}, no attempt used, ${next}: ${visibleText(by.message.split('\n', 1)[0] ?? '')}`,
      );
      report({
        event: 'disturbed',
        task_id: task.id,
        run_id: task.run_id,
        duration_ms: Math.round(durationMs),
        outcome: by.outcome,
        status,
        next_eligible_at: nextEligibleAt,
        says: by.message,
        fix: by.fix,
        evidence: by.evidence ?? null,
      });
    })
    .on('stopped-at-checkpoint', ({ task, reason }) => line(task, `stopped: ${visibleText(reason)}`))
    .on('run-stopped', ({ task, reason, status, durationMs }) => {
      line(
        task,
        `stopped after ${seconds(durationMs)}, ` +
          `${status === 'queued' ? 'no attempt used, back in its place' : status}: ${visibleText(reason)}`,
      );
      report({
        event: 'run_stopped',
        task_id: task.id,
        run_id: task.run_id,
        duration_ms: Math.round(durationMs),
        status,
        reason,
      });
    })
    .on('released', ({ task, cause }) => {
      line(task, `put back (${cause})`);
      report({ event: 'released', task_id: task.id, run_id: task.run_id, cause });
    })
    .on('run-lost', ({ task, why }) => {
      line(task, `lost: ${visibleText(why)}`);
      report({ event: 'run_lost', task_id: task.id, run_id: task.run_id, why });
    })
    .on('finish-failed', ({ task, error, retryInMs }) =>
      line(
        task,
        `its end could not be told (${visibleText(error.message)}); ` +
          `${retryInMs === null ? 'its lease will end it' : `trying again in ${seconds(retryInMs)}`}`,
      ),
    )
    .on('draining', ({ running, drainMs }) =>
      tell(
        running.length === 0
          ? 'stopping'
          : `stopping: ${running.length} running, given ${sayDuration(drainMs / 1_000)}`,
      ),
    );
}

function labels(task: ClaimedTask): string {
  const given = [task.agent_id, task.skill, task.quest_id].filter((label) => label !== null);
  return given.length === 0 ? '' : ` (${visibleText(given.join(', '))})`;
}

function seconds(durationMs: number): string {
  return durationMs < 10_000 ? `${(durationMs / 1_000).toFixed(1)}s` : sayDuration(durationMs / 1_000);
}
