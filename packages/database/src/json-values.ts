import { parseJson } from '@orchestra/exact-json';

/**
 * What is nested deeper than this cannot be written as JSON again: JSON.stringify runs out of stack at some thousand
 * levels. The API takes 64.
 */
const DEPTH_MAX = 500;

/** A value of type json or jsonb as the server prints it, its numbers exact. */
export function readJson(text: string): unknown {
  if (isNestedTooDeep(text))
    return `(nested deeper than ${DEPTH_MAX} levels, which cannot be told; it begins with ${text.slice(0, 100)})`;
  return parseJson(text);
}

/** Is this text of JSON nested deeper than {@link readJson} reads? */
export function isNestedTooDeep(text: string): boolean {
  // Nearly no text has so many of both; to count them is several times quicker than to look at each character.
  return (
    text.length > DEPTH_MAX &&
    countUpTo(text, '{', DEPTH_MAX) + countUpTo(text, '[', DEPTH_MAX) > DEPTH_MAX &&
    isNestedDeeper(text, DEPTH_MAX)
  );
}

function countUpTo(text: string, character: string, max: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1 && count <= max; at = text.indexOf(character, at + 1)) count++;
  return count;
}

function isNestedDeeper(text: string, max: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (character === '[' || character === '{') {
      depth += 1;
      if (depth > max) return true;
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return false;
}
