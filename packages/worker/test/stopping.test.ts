import { describe, expect, test } from 'vitest';
import { RunAborted } from '../src/index.ts';
import { fresh, gate, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();

describe('stop()', () => {
  test('lets what runs finish and claims nothing more', async () => {
    const skill = fresh('drain');
    const {
      ids: [first = '', second = ''],
    } = await orchestra.admin.enqueue({ tasks: [{ skill }, { skill }] });
    const goOn = gate();
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async () => {
          await goOn.opened;
          return 'finished';
        },
      },
    });
    await worker.start();
    await heard.first('claimed');
    const stopped = worker.stop({ drainMs: Infinity });
    await expect(heard.first('draining')).resolves.toMatchObject({ running: [{ id: first }] });
    goOn.open();
    await stopped;
    expect(await orchestra.admin.task(first)).toMatchObject({ status: 'succeeded', result: 'finished' });
    expect(await orchestra.admin.task(second)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  test('aborts what does not finish in time, and puts it back with its cursor', async () => {
    const skill = fresh('drain');
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    let reason: unknown;
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, { iterate, signal, saveCursor }) => {
          for await (const item of iterate(['a', 'b', 'c'])) {
            saveCursor({ seen: item });
            if (item === 'b')
              await new Promise((_resolve, reject) => {
                signal.addEventListener('abort', () => {
                  reason = signal.reason;
                  reject(signal.reason as Error);
                });
              });
          }
        },
      },
    });
    await worker.start();
    await heard.first('claimed');
    await worker.stop({ drainMs: 50 });
    expect(reason).toBeInstanceOf(RunAborted);
    expect(reason).toMatchObject({ why: 'shutdown' });
    expect(heard.all('released')).toMatchObject([{ cause: 'shutdown', cursor: { index: 1, seen: 'a' } }]);
    expect(await orchestra.admin.task(id)).toMatchObject({
      status: 'queued',
      cursor: { index: 1, seen: 'a' },
      attempt: 0,
    });
  });

  test('does not wait for ever for a handler that does not listen', async () => {
    const skill = fresh('deaf');
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const never = gate();
    const { worker, heard } = orchestra.worker({ abortGraceMs: 50, handlers: { [skill]: () => never.opened } });
    await worker.start();
    await heard.first('claimed');
    await worker.stop({ drainMs: 0 });
    expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued' });
    never.open();
  });

  test('ends also while every service is away, and while it never started', async () => {
    orchestra.toClaimer.blackhole();
    orchestra.toPauseApi.blackhole();
    const { worker } = orchestra.worker({ handlers: { '*': async () => {} } });
    await worker.start();
    await worker.stop();
    const { worker: another, heard } = orchestra.worker({ handlers: { '*': async () => {} } });
    await another.stop();
    await another.start();
    expect(heard.events.map((event) => event.name)).toEqual(['draining', 'stopped']);
  });
});
