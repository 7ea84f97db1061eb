const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * The first key that stands twice in one object, as the path to it; undefined: none does. JSON.parse keeps the last of
 * both and says nothing, so what the sender meant is lost.
 *
 * @param text a JSON text that has been read as `value`
 */
export function repeatedKey(text: string, value: unknown): (string | number)[] | undefined {
  // Every member has a colon. As many colons as keys: no key is missing. Both counts take about as long as reading the
  // text.
  return countColons(text) === countKeys(value) ? undefined : findRepeated(text);
}

/** Colons outside of strings. */
function countColons(text: string): number {
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) colons += 1;
  }
  return colons;
}

/** Where the string that begins at `at` has its closing quote. */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return end;
}

function countKeys(value: unknown): number {
  let keys = 0;
  // A list of what is still to be looked at, and no recursion: a hostile text may be nested deeper than the stack is.
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === 'object') open.push(item);
      continue;
    }
    // A number that was kept as its text is an object to JavaScript and none in the text.
    if (Object.getPrototypeOf(next) === null) continue;
    for (const inner of Object.values(next)) {
      keys += 1;
      if (typeof inner === 'object') open.push(inner);
    }
  }
  return keys;
}

interface Level {
  keys: Set<string> | undefined;
  at: string | number;
}

function findRepeated(text: string): (string | number)[] | undefined {
  const levels: Level[] = [];
  let last = '';
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1);
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at);
        last = text.slice(at, end + 1);
        at = end;
        break;
      }
      case ':': {
        const key = String(JSON.parse(last));
        if (level?.keys === undefined) break;
        level.at = key;
        if (level.keys.has(key)) return levels.map((one) => one.at);
        level.keys.add(key);
        break;
      }
      case '{':
        levels.push({ keys: new Set(), at: '' });
        break;
      case '[':
        levels.push({ keys: undefined, at: 0 });
        break;
      case ',':
        if (typeof level?.at === 'number') level.at += 1;
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      default:
    }
  }
  return undefined;
}
