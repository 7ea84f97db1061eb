import { readJson } from '@orchestra/database/connect';
import type { ClaimedTask } from '../contract/index.ts';

/** The tasks that the text of a JSON array tells of; written by `orchestra_turn`. */
export function readTasks(text: string): ClaimedTask[] {
  return readJson(text) as ClaimedTask[];
}
