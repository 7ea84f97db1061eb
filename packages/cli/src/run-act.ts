import { Flags } from '@oclif/core';
import type { ActPreview } from '@orchestra/task-queue/contract';
import type { Acted, ActWords } from './act-on-selected.ts';
import type { checked } from './checked.ts';
import type { TaskAct } from './desk/desk.ts';
import { EXIT } from './failure.ts';
import { deskFlags } from './flags/desk.ts';
import { selectionOf } from './flags/selection.ts';

/** What every command has that does something to many tasks. */
export const actFlags = {
  reason: Flags.string({ description: 'why, for the history' }),
  'dry-run': Flags.boolean({ description: 'tell how many tasks it would change, and change none' }),
  yes: Flags.boolean({ char: 'y', description: 'do not ask, however many it changes' }),
  ...deskFlags,
};

interface ActCommand {
  /** What stands on the command line beside the flags. */
  ids: readonly unknown[];
  flags: Parameters<typeof selectionOf>[1] & { 'dry-run': boolean; yes: boolean; direct: boolean };
  words: ActWords;
  make: (check: typeof checked, selection: object) => TaskAct;
  show: (text: string) => void;
  talk: (text: string) => void;
}

/**
 * Does it, or with `--dry-run` tells what it would do. Where tasks were named and none was changed, the exit code is 1.
 */
export async function runAct({ ids, flags, words, make, show, talk }: ActCommand): Promise<Acted | ActPreview> {
  const { checked } = await import('./checked.ts');
  const { atDesk } = await import('./desk/at-desk.ts');
  const { actOnSelected, previewSelected } = await import('./act-on-selected.ts');
  const { showActed, showActPreview } = await import('./show/acts.ts');
  const named = ids.map(String);
  const selection = selectionOf(named, flags);
  const calls =
    'ids' in selection
      ? inChunks(selection.ids).map((chunk) => make(checked, { ids: chunk }))
      : [make(checked, selection)];
  return atDesk(flags.direct, async (desk) => {
    if (flags['dry-run']) {
      const preview = await previewSelected(desk, calls);
      show(showActPreview(preview, words));
      return preview;
    }
    const acted = await actOnSelected({ desk, calls, words, yes: flags.yes, talk });
    show(showActed(acted, words));
    if (named.length > 0 && acted.changed === 0) process.exitCode = EXIT.failed;
    return acted;
  });
}

// As in the contract.
const NAMED_MAX = 500;

function inChunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / NAMED_MAX) }, (_, index) =>
    ids.slice(index * NAMED_MAX, (index + 1) * NAMED_MAX),
  );
}
