import type { DeskNumbers, DeskTick } from '@orchestra/task-queue/contract';
import { ApiError } from './api-error.ts';

/**
 * The numbers of a message `desk`; null: the service could not ask the database.
 *
 * @throws {ApiError} `malformed`
 */
export function readDeskMessage(data: string): DeskNumbers | null {
  try {
    const { numbers } = JSON.parse(data) as DeskTick;
    if (numbers === null || (typeof numbers.at === 'string' && Array.isArray(numbers.pauses))) return numbers;
  } catch (error) {
    throw new ApiError('malformed', 'A desk message could not be read.', { cause: error });
  }
  throw new ApiError('malformed', 'A desk message has not the shape it should have.');
}
