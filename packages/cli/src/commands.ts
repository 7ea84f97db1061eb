import type { Command } from '@oclif/core';
import Queue from './commands/queue.ts';

/** Every command by its id. Each loads what is heavy inside its run(), so that this list costs next to nothing. */
export const COMMANDS: Record<string, Command.Class> = {
  queue: Queue,
};
