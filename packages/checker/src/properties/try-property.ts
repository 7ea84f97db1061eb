import { makePool, migrate, type Database } from '@orchestra/database';
import { CLAIM_SETTINGS } from '@orchestra/task-queue';
import { PATIENT } from '@orchestra/testkit/patient';
import { seededRandom } from '../chaos/seeded-random.ts';
import type { Property } from './property.ts';

export interface PropertyOrder {
  property: Property;
  seed: number;
  operations: number;
}

const CONNECTIONS = 16;

/**
 * Tries a property in a database that is migrated, and this trial's alone. @returns in words what was found; undefined:
 * nothing
 */
export async function tryProperty(
  { property, seed, operations }: PropertyOrder,
  url: string,
): Promise<string | undefined> {
  const pool = (applicationName: string, settings: Record<string, string>): Database =>
    makePool({ connectionString: url, applicationName, max: CONNECTIONS, settings, ...PATIENT });
  const db = pool('the trial', {});
  const claims = pool('the trial, claims', CLAIM_SETTINGS);
  try {
    await property.check({ url, db, claims, random: seededRandom(seed).fork(property.name), operations });
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    await Promise.all([db.end(), claims.end()]);
  }
}

/** The same on a server where it makes a database of its own, which it drops afterwards. */
export async function tryPropertyOn(serverUrl: string, order: PropertyOrder): Promise<string | undefined> {
  const name = `trial_${process.pid}_${Date.now().toString(36)}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const admin = makePool({ connectionString: serverUrl, applicationName: 'the trial, databases', max: 1 });
  try {
    await admin.query(`create database ${name}`);
    await migrate(url.href);
    return await tryProperty(order, url.href);
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`).finally(() => admin.end());
  }
}
