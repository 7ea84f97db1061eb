import { calledCommand, loadCommands } from './commands.ts';

const called = calledCommand(process.argv.slice(2));

/** What oclif is told of: the command that is called, and all of them where it is none of them, or help. */
export const COMMANDS = await loadCommands(called === undefined ? undefined : [called]);
