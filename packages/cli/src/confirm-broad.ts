import type { PausePreview, pauseRequest } from '@orchestra/pause-core/contract';
import { withTimeout } from '@orchestra/timing';
import type { z } from 'zod';
import { ask } from './ask.ts';
import type { Desk } from './desk/desk.ts';
import { CommandFailure, EXIT } from './failure.ts';
import { sayScope } from './show/say-pause.ts';

type PauseRequest = z.output<typeof pauseRequest>;

// The brake waits no longer for being told how much it will hold.
const PREVIEW_LIMIT_MS = 3_000;

// Below this a pause is made and cleared again sooner than anybody has read what is asked.
export const BROAD_FEWEST = 20;

/**
 * Before a broad pause, one that would hold more than half of what is queued and twenty tasks or more, has the person
 * type out its scope; before any pause of the whole fleet the word `fleet`. Where what it would hold cannot be told in
 * three seconds, the pause is made: one that was not wanted is cleared again, and loses nothing. Where nobody can be
 * asked it is made at once: a script that pulls the brake at night must not be refused for how much there is to hold.
 *
 * @param say tells the person what it would hold
 * @throws CommandFailure `not_confirmed`
 */
export async function confirmBroad(desk: Desk, request: PauseRequest, say: (text: string) => void): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const preview = await previewInTime(desk, request);
  if (request.scope_kind === 'fleet') return confirmFleet(preview, say);
  if (preview === undefined)
    return say(`what this pause holds could not be told in ${PREVIEW_LIMIT_MS / 1_000} s; pausing all the same`);
  if (!preview.broad || preview.queued < BROAD_FEWEST) return;
  const scope = sayScope(request);
  const much = `${preview.queued}${preview.queued_more ? ' or more' : ''} tasks, more than half of what is queued`;
  say(`this would hold ${much}`);
  await typedOut('the scope', scope);
}

/** Nothing of the fleet is small, whatever is queued just now. */
async function confirmFleet(preview: PausePreview | undefined, say: (text: string) => void): Promise<void> {
  const much =
    preview === undefined
      ? 'how much that is could not be told'
      : `${preview.queued}${preview.queued_more ? ' or more' : ''} tasks wait and ${preview.in_flight_count} run`;
  say(`this holds the WHOLE FLEET: no task starts any more, with or without labels, until the pause ends (${much})`);
  await typedOut('the word', 'fleet');
}

async function typedOut(what: string, expected: string): Promise<void> {
  const typed = await ask(`to pause it, type ${what} (${expected}): `);
  if (typed?.trim().replaceAll(/\s+/g, ' ') !== expected.replaceAll(/\s+/g, ' '))
    throw new CommandFailure('not_confirmed', 'nothing was paused', {
      exitCode: typed === undefined ? EXIT.interrupted : EXIT.failed,
    });
}

/** undefined: it could not be told in time, or at all; a desk that cannot be reached says so at the pause itself. */
async function previewInTime(desk: Desk, request: PauseRequest): Promise<PausePreview | undefined> {
  const late = AbortSignal.timeout(PREVIEW_LIMIT_MS);
  const preview = desk.previewPause(request, late).catch(() => undefined);
  return withTimeout(preview, PREVIEW_LIMIT_MS, () => undefined);
}
