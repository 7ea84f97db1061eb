import { listActivePauses } from '@orchestra/pause-core';
import { PauseReplica } from '@orchestra/pause-core/replica';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { afterEach, describe, expect, test } from 'vitest';
import { Endings } from '../src/endings.ts';
import { TaskRun } from '../src/task-run.ts';
import type { WorkerEvents } from '../src/index.ts';
import { fresh, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();
let replica: PauseReplica;
afterEach(() => replica.stop());

/** A replica that hears no bell and reads when it is told to. */
async function deafReplica(): Promise<PauseReplica> {
  replica = new PauseReplica({
    read: () => listActivePauses(orchestra.db.pool),
    listen: async () => async () => {},
    rereadEveryMs: 3_600_000,
  });
  await replica.start();
  return replica;
}

async function claimOne(skill: string): Promise<ClaimedTask> {
  const {
    tasks: [task],
  } = await orchestra.admin.claim({ worker: 'w', skills: [skill] });
  if (task === undefined) throw new Error('nothing was claimed');
  return task;
}

/** Runs a claimed task to its end and answers what was told of it. */
async function run(
  task: ClaimedTask,
  { waited = false }: { waited?: boolean } = {},
): Promise<{ begun: boolean; told: (keyof WorkerEvents)[] }> {
  const told: (keyof WorkerEvents)[] = [];
  let begun = false;
  const endings = new Endings({
    finish: (ended) => orchestra.admin.finish({ ended }),
    moreToCome: () => false,
    onAdded: () => {},
  });
  const one = new TaskRun(
    task,
    async () => {
      begun = true;
    },
    {
      door: orchestra.admin,
      endings,
      replica,
      onUnknown: 'continue',
      hears: () => true,
      tell: (event, ..._of) => {
        told.push(event);
      },
      onHandled: () => {},
    },
  );
  one.begin({ waited });
  await one.ended;
  return { begun, told };
}

describe('between the claim and the beginning', () => {
  test('P2 a pause that came after the claim puts the task back unbegun, in its place and with its attempt', async () => {
    const skill = fresh('late-pause');
    await deafReplica();
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const task = await claimOne(skill);
    await orchestra.admin.pause({ scope_kind: 'skill', scope_value: skill, reason: 'just now' });
    await replica.refresh();
    await expect(run(task)).resolves.toEqual({ begun: false, told: ['stopped-at-checkpoint', 'released'] });
    expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  test('P9 a replica that has not heard of an unpause holds nothing back: the claim is younger', async () => {
    const skill = fresh('late-unpause');
    await orchestra.admin.pause({ scope_kind: 'skill', scope_value: skill, reason: 'for a moment' });
    await deafReplica();
    await orchestra.admin.unpause({ scope_kind: 'skill', scope_value: skill });
    await orchestra.admin.enqueue({ skill });
    expect(replica.isPaused({ skill }).paused).toBe(true);
    await expect(run(await claimOne(skill))).resolves.toEqual({ begun: true, told: ['finished'] });
  });

  test('P2 one that was claimed ahead and waited is looked at again when its turn comes', async () => {
    const [skill, agent] = [fresh('waited'), fresh('skeptic')];
    await deafReplica();
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill, agent_id: agent });
    const task = await claimOne(skill);
    await orchestra.admin.pause({ scope_kind: 'agent', scope_value: agent, reason: 'while it waited' });
    await replica.refresh();
    await expect(run(task, { waited: true })).resolves.toEqual({
      begun: false,
      told: ['stopped-at-checkpoint', 'released'],
    });
    expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  test('P13 one that waited does not begin where the pauses are too old to trust and cannot be read; one that did not wait does', async () => {
    const skill = fresh('too-old');
    replica = new PauseReplica({
      read: async () => {
        throw new Error('the service is away');
      },
      listen: async () => async () => {},
      rereadEveryMs: 3_600_000,
      retryReadAfterMs: 3_600_000,
    });
    replica.on('read-failed', () => {});
    await replica.start();
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    await expect(run(await claimOne(skill), { waited: true })).resolves.toEqual({
      begun: false,
      told: ['stopped-at-checkpoint', 'released'],
    });
    expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', attempt: 0 });
    await expect(run(await claimOne(skill))).resolves.toEqual({ begun: true, told: ['finished'] });
  });
});
