/** Of the labels that are known, those that may have been meant by one that is not: nearest first, `max` at most. */
export function nearLabels(given: string, known: Iterable<string>, max: number): string[] {
  const folded = foldLabel(given);
  const limit = given.length <= 4 ? 1 : 2;
  const near: { value: string; distance: number }[] = [];
  for (const value of known) {
    if (value === given) continue;
    const other = foldLabel(value);
    const distance = other === folded ? 0 : editDistance(folded, other, limit);
    if (distance <= limit) near.push({ value, distance });
  }
  return near
    .toSorted((a, b) => a.distance - b.distance || (a.value < b.value ? -1 : 1))
    .slice(0, max)
    .map(({ value }) => value);
}

/**
 * Without case, width, blanks and separators, in which names are mistaken most. `label_folded` in SQL finds candidates
 * by nearly the same.
 */
export function foldLabel(label: string): string {
  return label
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s\-_./:@]+/g, '');
}

/**
 * How many letters differ, are missing, are too many, or have changed places with their neighbour.
 *
 * @returns something above `limit` as soon as that is certain
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const differs = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + differs);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      current.push(least);
    }
    if (Math.min(...current) > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? limit + 1;
}
