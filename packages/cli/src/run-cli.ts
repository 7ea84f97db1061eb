import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flush, run, settings } from '@oclif/core';
import { calledCommand, COMMAND_FILES } from './commands.ts';
import { nearestCommand } from './did-you-mean.ts';
import { forgetProfile } from './profile/chosen-profile.ts';
import { visibleLines } from './show/visible-text.ts';
import { toFailure } from './to-failure.ts';
import manifest from '../package.json' with { type: 'json' };
import { COMMAND } from './command-name.ts';

const ROOT = join(import.meta.dirname, '..');
// oclif imports this file by its path, which is another one where the sources are bundled.
const target = relative(ROOT, fileURLToPath(import.meta.resolve('./called-commands.ts')));
// Help and usage name the command as it was typed. TypeScript takes a value in JSON for any string.
const { oclif } = manifest;
const commands = { ...oclif.commands, strategy: 'explicit' as const, target };
const pjson = {
  ...manifest,
  oclif: { ...oclif, bin: COMMAND, topicSeparator: ' ' as const, additionalHelpFlags: ['-h'], commands },
};

/** Runs one command line and leaves the exit code in `process.exitCode`. */
export async function runCli(argv: string[]): Promise<void> {
  forgetProfile();
  // Node.js runs the TypeScript sources itself.
  settings.enableAutoTranspile = false;
  // Anyone who read our output may stop reading (`orchestra queue | head -1`).
  const readerGone = Promise.withResolvers<void>();
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => readerGone.resolve());
  try {
    await run(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv, { root: ROOT, pjson });
    // What nobody reads is never flushed, and Node.js ends a process that waits for nothing with a warning and exit
    // code 13.
    await Promise.race([flush(), readerGone.promise]);
  } catch (error) {
    // Only what comes before a command is found, or help: commands tell their own errors.
    const failure = toFailure(error, () => hintForNoCommand(argv));
    process.stderr.write(`orchestra: ${visibleLines(failure.message)}\n`);
    process.exitCode = failure.exitCode;
  }
}

function hintForNoCommand(argv: readonly string[]): string | undefined {
  if (calledCommand(argv) !== undefined) return undefined;
  const near = nearestCommand(
    argv,
    Object.keys(COMMAND_FILES).map((id) => id.replaceAll(':', ' ')),
  );
  return near === undefined ? undefined : `did you mean \`${COMMAND} ${near}\`?`;
}
