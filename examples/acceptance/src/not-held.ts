/** What an acceptance run saw is not what it promises. */
export class NotHeld extends Error {
  override readonly name = 'NotHeld';
}

/** @throws NotHeld unless `condition` is true */
export function hold(condition: boolean, promise: string, saw: unknown): asserts condition {
  if (!condition) throw new NotHeld(`${promise}; saw ${JSON.stringify(saw)}`);
}
