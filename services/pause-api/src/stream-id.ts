import type { MarkedPosition } from '@orchestra/pause-core';

// Of an empty stream: no event has it, so nobody goes on from there.
const NO_EVENT = '0000000000';

/**
 * What stands on the `id:` line: the position, and behind a point the mark of the event there. As a number it rises
 * with the position.
 */
export function streamId({ position, mark }: MarkedPosition): string {
  return `${position}.${mark ?? NO_EVENT}`;
}

/**
 * Reads a `Last-Event-ID`; undefined for what this service never sent. A position without a mark may be of any
 * database.
 */
export function parseStreamId(text: unknown): { position: number; mark: string } | undefined {
  const [, position, mark] = typeof text === 'string' ? (/^([0-9]{1,15})\.([0-9]{10})$/.exec(text) ?? []) : [];
  return position === undefined || mark === undefined ? undefined : { position: Number(position), mark };
}
