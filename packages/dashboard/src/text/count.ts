const WHOLE = new Intl.NumberFormat('en', { useGrouping: true });

/** A count as it is read: `1,204`; with more beyond what was counted, `10,000+`. */
export function count(value: number, more = false): string {
  return WHOLE.format(value) + (more ? '+' : '');
}

/** A rate of things per second, to two figures: `0.25/s`, `4.2/s`, `38/s`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  return `${perSecond < 1 ? perSecond.toFixed(2) : perSecond < 10 ? perSecond.toFixed(1) : WHOLE.format(Math.round(perSecond))}/s`;
}

/** `1 task`, `2 tasks`, `10,000+ tasks`. */
export function counted(value: number, one: string, more = false, several = `${one}s`): string {
  return `${count(value, more)} ${value === 1 && !more ? one : several}`;
}
