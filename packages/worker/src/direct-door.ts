import { PauseReplica } from '@orchestra/pause-core/replica';
import type { DirectDoorOptions, OpenDirectDoor } from './direct/direct-door.ts';
import type { Door, DoorWords } from './door.ts';
import { CannotWork } from './reports/cannot-work.ts';

/** The driver is asked for when the door is used for the first time: who has no database needs none. */
export function directDoor(options: DirectDoorOptions): Door {
  let opening: Promise<OpenDirectDoor> | undefined;
  let closed = false;
  const open = (): Promise<OpenDirectDoor> => (opening ??= load(options));
  return {
    claim: async (request, call) => (await open()).claim(request, call),
    finish: async (request, call) => (await open()).finish(request, call),
    begun: async (request) => (await open()).begun(request.begun),
    heartbeat: async (id, runId, call) => (await open()).heartbeat(id, runId, call),
    needsInput: async (id, request, call) => (await open()).needsInput(id, request, call),
    hold: async (id, request, call) => (await open()).end({ as: 'held', id, ...request }, call),
    retry: async (id, request, call) => (await open()).end({ as: 'retried', id, ...request }, call),
    stopped: async (id, request, call) => (await open()).stopped(id, request, call),
    check: async (labels, call) => (await open()).check(labels, call),
    makeReplica: ({ onRead, onStopping, rereadEveryMs }) =>
      new PauseReplica({
        ...(rereadEveryMs === undefined ? {} : { rereadEveryMs }),
        read: async () => {
          const pauses = await (await open()).readPauses();
          onRead();
          return pauses;
        },
        listen: async (ears, stopped) => (await open()).ears.listen({ ...ears, onStopping }, stopped),
      }),
    words: words(options),
    refusal: () => undefined,
    caution: () => undefined,
    close: async () => {
      if (closed) return;
      closed = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

async function load(options: DirectDoorOptions): Promise<OpenDirectDoor> {
  const { OpenDirectDoor } = await import('./direct/direct-door.ts').catch((error: unknown) => {
    throw isMissing(error, 'pg')
      ? new CannotWork('no_driver', 'a worker with databaseUrl needs the package pg: npm install pg', { cause: error })
      : error;
  });
  return new OpenDirectDoor(options);
}

function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${name}'`)
  );
}

function words({ address }: DirectDoorOptions): DoorWords {
  return {
    refusalOf: (error) => (error instanceof CannotWork ? error : undefined),
    sayTrouble: (error) => error?.message ?? `the database does not answer; is what ${address.setting} names running?`,
  };
}
