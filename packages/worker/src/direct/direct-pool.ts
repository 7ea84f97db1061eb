import { isShared, makePool, readInstant, readJson, type Database } from '@orchestra/database/connect';
import { CLAIM_SETTINGS } from '@orchestra/task-queue/direct';
import pg from 'pg';
import { asDoorError, type Address } from './direct-errors.ts';

// Claims follow each other on one, beside it heartbeats and readings; a third for claims ahead.
const CONNECTIONS_MAX = 3;

const { TIMESTAMPTZ, JSON: JSON_TYPE, JSONB } = pg.types.builtins;

/** As services read values, for these connections alone: the program may use `pg` for other things. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (format === 'binary') return pg.types.getTypeParser(oid, format);
    if (oid === TIMESTAMPTZ) return readInstant;
    return oid === JSON_TYPE || oid === JSONB ? readJson : pg.types.getTypeParser(oid, format);
  },
};

/** The connections of a direct worker. */
export class DirectPool {
  readonly db: Database;
  readonly #address: Address;
  #schema: string | undefined;

  /** @throws CannotWork for an address that cannot be understood */
  constructor(address: Address) {
    this.#address = address;
    try {
      this.db = makePool({
        connectionString: address.url,
        applicationName: 'orchestra direct worker',
        max: CONNECTIONS_MAX,
        settings: CLAIM_SETTINGS,
        types: TYPES,
      });
    } catch (error) {
      throw asDoorError(error, address);
    }
  }

  /** Whether a pooler shares its sessions out, through which nothing can be listened to. */
  async isShared(): Promise<boolean> {
    const client = await this.db.connect();
    try {
      const {
        rows: [row],
      } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      return row !== undefined && isShared(client, row.pid);
    } catch (error) {
      throw asDoorError(error, this.#address);
    } finally {
      client.release();
    }
  }

  /** In which schema the pauses are; undefined while it cannot be asked. Installations in one database share a bell. */
  async schema(): Promise<string | undefined> {
    this.#schema ??= await this.db.query<{ schema: string | null }>('select current_schema() as schema').then(
      ({ rows: [row] }) => row?.schema ?? undefined,
      () => undefined,
    );
    return this.#schema;
  }

  async end(): Promise<void> {
    await this.db.end();
  }
}
