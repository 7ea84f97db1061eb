/**
 * Finds the line (from 1) of positions in a text that are asked in rising order; each call goes on where the last
 * ended.
 */
export function lineCounter(text: string): (position: number) => number {
  let line = 1;
  let next = text.indexOf('\n');
  return (position) => {
    for (; next !== -1 && next < position; next = text.indexOf('\n', next + 1)) line += 1;
    return line;
  };
}
