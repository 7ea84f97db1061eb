import type { ActivePauses, Alerts } from '@orchestra/pause-core/contract';
import { ApiError } from './api-error.ts';
import { request, type Access } from './request.ts';

const TIME_LIMIT_MS = 10_000;

/**
 * The first 200 active pauses, with what the stream does not carry: how many runs are in flight, and the database's time.
 *
 * @throws {ApiError}
 */
export async function readPauses(access: Access, signal: AbortSignal): Promise<ActivePauses> {
  return await readJson(access, 'api/senate/pauses?limit=200', signal) as ActivePauses;
}

/**
 * The latest critical alerts.
 *
 * @throws {ApiError}
 */
export async function readCriticalAlerts(access: Access, limit: number, signal: AbortSignal): Promise<Alerts> {
  return await readJson(access, `api/senate/alerts?severity=critical&limit=${limit}`, signal) as Alerts;
}

async function readJson(access: Access, path: string, signal: AbortSignal): Promise<unknown> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]);
  try {
    const response = await request(access, path, { headers: { accept: 'application/json' }, signal: limited });
    return await response.json();
  } catch (error) {
    if (error instanceof ApiError || signal.aborted) throw error;
    if (limited.aborted) throw new ApiError('unreachable', 'The service does not answer in time.', { cause: error });
    throw new ApiError('malformed', 'The service’s answer could not be read.', { cause: error });
  }
}
