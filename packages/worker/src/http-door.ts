import type { Client } from '@orchestra-brake/client';
import type { Door } from './door.ts';
import { createRestReplica } from './pause-watch.ts';
import { adminTokenFound, noToken, refusalOf } from './reports/cannot-work.ts';
import type { Connection } from './reports/connection.ts';
import { sayTrouble } from './reports/trouble-words.ts';

/** The door over HTTP: tasks from worker-claimer, pauses from pause-api. */
export function httpDoor(client: Client, connection: Connection): Door {
  const placeOf = (asked: 'tasks' | 'pauses') => (asked === 'tasks' ? connection.claimer : connection.pauseApi);
  return {
    claim: client.claim,
    finish: client.finish,
    begun: client.begun,
    heartbeat: client.heartbeat,
    needsInput: client.needsInput,
    hold: client.hold,
    retry: client.retry,
    stopped: client.stopped,
    check: client.check,
    makeReplica: ({ onRead, onStopping, rereadEveryMs }) =>
      createRestReplica(client, { onRead, onStopping, ...(rereadEveryMs === undefined ? {} : { rereadEveryMs }) }),
    words: {
      refusalOf: (error, asked) => refusalOf(error, placeOf(asked), connection),
      sayTrouble: (error, asked) => sayTrouble(error, placeOf(asked), connection),
    },
    refusal: () => (connection.token === undefined ? noToken(connection.orchestra) : undefined),
    caution: () => adminTokenFound(connection),
    close: async () => {},
  };
}
