import { atDesk } from './desk/at-desk.ts';
import type { Desk } from './desk/desk.ts';
import { lookAgain } from './desk/look-again.ts';
import { COMMAND } from './command-name.ts';
import { sayInstant } from './show/instant.ts';
import { Screen } from './show/screen.ts';
import { printableJson, visibleText } from './show/visible-text.ts';
import { whileWanted } from './while-wanted.ts';

/** Something that is read again and again, and the three ways to show it. */
export interface View<T> {
  read(desk: Desk): Promise<T>;
  /** For a terminal, where it is drawn over. */
  picture(seen: T): string;
  /** For everything else: a line for each change. */
  line(seen: T): string;
  /** For `--json`. */
  answer(seen: T): unknown;
  /** What of the answer counts as a change; all of it unless given. */
  changes?(seen: T): unknown;
}

export interface KeepShowingOptions {
  direct: boolean;
  json: boolean;
  talk: (line: string) => void;
}

/** Shows something now, and again at each change, until told to stop. What cannot be read once is read again. */
export async function keepShowing<T>(view: View<T>, { direct, json, talk }: KeepShowingOptions): Promise<void> {
  const screen = !json && process.stdout.isTTY ? new Screen() : undefined;
  const tell = screen === undefined ? lineTeller(view, json) : (seen: T) => screen.draw(inFull(view, seen));
  let wasRead = false;
  let trouble: string | undefined;
  try {
    await whileWanted((signal) =>
      atDesk(direct, (desk) =>
        lookAgain(desk.events, signal, async () => {
          try {
            const seen = await view.read(desk);
            wasRead = true;
            trouble = undefined;
            tell(seen);
          } catch (error) {
            // What never worked is told at once; what worked before may work again.
            if (!wasRead) throw error;
            const message = error instanceof Error ? error.message : String(error);
            if (message !== trouble)
              (screen === undefined ? talk : (line: string) => screen.draw(visibleText(line)))(
                `${message}; trying again`,
              );
            trouble = message;
          }
          return 'go on';
        }),
      ),
    );
  } finally {
    screen?.close();
  }
}

function inFull<T>(view: View<T>, seen: T): string {
  return `${COMMAND} at ${sayInstant(new Date().toISOString())}; Ctrl-C ends this\n\n${view.picture(seen)}`;
}

function lineTeller<T>(view: View<T>, json: boolean): (seen: T) => void {
  let last = '';
  return (seen) => {
    const now = json ? printableJson(view.changes?.(seen) ?? view.answer(seen)) : view.line(seen);
    if (now === last) return;
    last = now;
    process.stdout.write(
      json ? `${printableJson(view.answer(seen))}\n` : `${sayInstant(new Date().toISOString())}  ${now}\n`,
    );
  };
}
