import type pg from 'pg';
import { settingStatement } from './session-settings.ts';

/**
 * Whether something stands in between that shares sessions out: the backend is not the one that the connection was
 * promised.
 */
export function isShared(client: pg.ClientBase, backendPid: number): boolean {
  return 'processID' in client && client.processID !== backendPid;
}

/**
 * Makes a connection through a pooler in transaction mode usable. Each transaction may run in another session, and what
 * one leaves behind meets somebody else: so nothing is set for a session and no statement gets a name. Every statement
 * runs in a transaction that begins with its settings.
 *
 * @param found settings that are found with the others in force
 */
export async function useSharedSession(
  client: pg.ClientBase,
  settings: Readonly<Record<string, string>>,
  found: () => Promise<Record<string, string>>,
): Promise<void> {
  const plain: (...call: unknown[]) => unknown = client.query.bind(client);
  const run = async (...call: unknown[]): Promise<unknown> => plain(...call);
  // In one message: one way to the server and back.
  let begin = `begin isolation level read committed; ${settingStatement(settings, 'local')}`;

  async function inSettings(call: readonly unknown[]): Promise<unknown> {
    const [statement, values] = call;
    if (typeof statement === 'string' && /^\s*begin\s*$/i.test(statement)) return run(begin);
    if (client.getTransactionStatus() !== 'I') return run(unnamed(statement), values);
    await run(begin);
    try {
      const answer = await run(unnamed(statement), values);
      await run('commit');
      return answer;
    } catch (error) {
      await run('rollback').catch(() => {}); // a connection that is gone has rolled back
      throw error;
    }
  }

  Object.assign(client, {
    query: (...call: unknown[]): unknown => {
      const callback = call.findLast((part): part is Callback => typeof part === 'function');
      const answer = inSettings(call.filter((part) => part !== callback));
      if (callback === undefined) return answer;
      void tell(answer, callback);
      return undefined;
    },
  });
  begin = `begin isolation level read committed; ${settingStatement({ ...settings, ...(await found()) }, 'local')}`;
}

type Callback = (error: unknown, answer?: unknown) => void;

/** As `pg` does: what the callback throws is nobody's to catch. */
async function tell(answer: Promise<unknown>, callback: Callback): Promise<void> {
  const told = await answer.then(
    (result) => [null, result] as const,
    (error: unknown) => [error, undefined] as const,
  );
  setImmediate(callback, ...told);
}

function unnamed(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('name' in statement)) return statement;
  const { name: _name, ...rest } = statement;
  return rest;
}
