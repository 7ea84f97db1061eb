import type { Step } from './build-attach.ts';
import { ALLOW, inHome, objectsOf, POLICY, SERIAL_TRIGGER, TRIGGER } from './objects.ts';
import type { QueueDescription } from './queue.ts';
import { literal, tableName } from './quote.ts';

/** A table that was attached, and how row security was on it before. */
export interface AttachedTable {
  schema: string;
  name: string;
  hadRowSecurity: boolean;
  hadForce: boolean;
}

/**
 * Every statement that takes the attachment away, in order, for one transaction. Whatever the engine has dropped in the
 * meantime is no error.
 *
 * @param home the schema of Orchestra's tables
 * @param tables those that are still there
 */
export function buildRemove(
  home: string,
  name: string,
  queue: QueueDescription,
  tables: readonly AttachedTable[],
  isThere: { root: boolean; serial: boolean },
): Step[] {
  const names = objectsOf(home, name);
  const { serialQueues } = queue;
  return [
    {
      says: 'no partition is braked any more as it comes',
      sql: `drop event trigger if exists ${names.partitionsTrigger}`,
    },
    ...(isThere.root
      ? [
          {
            says: 'claims get covered jobs again',
            sql: `drop trigger if exists ${TRIGGER} on ${tableName({ schema: queue.schema, name: queue.table })}`,
          },
        ]
      : []),
    ...(serialQueues !== undefined && isThere.serial
      ? [
          {
            says: 'serial queues are left alone',
            sql: `drop trigger if exists ${SERIAL_TRIGGER} on ${tableName({ schema: queue.schema, name: serialQueues.table })}`,
          },
        ]
      : []),
    ...tables.flatMap((table) => [
      ...(table.hadForce
        ? []
        : [
            {
              says: `row security on ${table.name} as it was`,
              sql: `alter table ${tableName(table)} no force row level security`,
            },
          ]),
      ...(table.hadRowSecurity
        ? []
        : [{ says: 'off, as it was', sql: `alter table ${tableName(table)} disable row level security` }]),
      { says: 'and without our policies', sql: `drop policy if exists ${POLICY} on ${tableName(table)}` },
      { says: 'neither of them', sql: `drop policy if exists ${ALLOW} on ${tableName(table)}` },
    ]),
    {
      says: 'the engine is not woken any more',
      sql: `drop trigger if exists ${names.wakeTrigger} on ${inHome(home, 'senate_pause')}`,
    },
    ...[names.guard, names.serial, names.wake, names.newPartitions].map((name_) => ({
      says: 'its function',
      sql: `drop function if exists ${name_}()`,
    })),
    ...[names.work, names.brake].map((view) => ({ says: 'its view', sql: `drop view if exists ${view}` })),
    { says: 'it is forgotten', sql: `delete from ${inHome(home, 'attachments')} where name = ${literal(name)}` },
  ];
}
