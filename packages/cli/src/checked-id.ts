import { id } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { checked } from './checked.ts';

/**
 * An id as it was typed.
 *
 * @throws CommandFailure `wrong_usage`
 */
export function checkedId(given: string): string {
  return checked(z.object({ id }), { id: given }).id;
}
