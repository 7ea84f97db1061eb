/**
 * An advisory lock that none of our own statements asks for: where a broken one does, a scenario can hold it up there.
 */
export const HELD_UP_LOCK = 7_702;
