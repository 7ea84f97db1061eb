import { wrongUsage } from '../failure.ts';
import { chosenProfile } from '../profile/chosen-profile.ts';
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
  const { findSettings } = await import('../profile/settings.ts');
  const settings = findSettings();
  try {
    return await work(apiDesk(settings));
  } catch (error) {
    throw explainApiError(error, settings);
  }
}

async function atDatabaseDesk<T>(work: (desk: Desk) => Promise<T>): Promise<T> {
  if (chosenProfile() !== undefined)
    throw wrongUsage('say either --profile or --direct: a profile names services, and --direct works on DATABASE_URL');
  const { atDatabase } = await import('./open-database.ts');
  const { directDesk } = await import('./direct-desk.ts');
  return atDatabase((db) => work(directDesk(db)));
}
