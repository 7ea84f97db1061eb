import { CommandFailure } from '../failure.ts';
import type { Desk } from './desk.ts';

/**
 * Does one command's work, over the services or (`direct`) over the database. Loads only the way that is taken.
 *
 * @throws CommandFailure for what either way refuses, with its next step
 */
export async function atDesk<T>(direct: boolean, work: (desk: Desk) => Promise<T>): Promise<T> {
  return direct ? atDatabaseDesk(work) : atApiDesk(work);
}

async function atApiDesk<T>(work: (desk: Desk) => Promise<T>): Promise<T> {
  const { apiDesk, explainApiError } = await import('./api-desk.ts');
  const settings = await findSettings();
  try {
    return await work(apiDesk(settings));
  } catch (error) {
    throw explainApiError(error, settings);
  }
}

async function atDatabaseDesk<T>(work: (desk: Desk) => Promise<T>): Promise<T> {
  const { atDatabase } = await import('./open-database.ts');
  const { directDesk } = await import('./direct-desk.ts');
  return atDatabase((db) => work(directDesk(db)));
}

/** Address and token from the environment, or from what `orchestra up` wrote. */
export async function findSettings() {
  const { clientSettingsFromEnv } = await import('@orchestra/client');
  try {
    return clientSettingsFromEnv(process.env);
  } catch (cause) {
    throw new CommandFailure('settings', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
