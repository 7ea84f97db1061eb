const WHOLE = new Intl.NumberFormat('en', { useGrouping: true });

/** A count as it is read: `1,204`; with more beyond what was counted, `10,000+`. */
export function count(value: number, more = false): string {
  return WHOLE.format(value) + (more ? '+' : '');
}

/** A rate of things, told by the minute as the chart beside it: `0/min`, `15/min`, `2,280/min`. */
export function ratePerMinute(perSecond: number): string {
  return `${WHOLE.format(Math.round(perSecond * 60))}/min`;
}

/** `1 task`, `2 tasks`, `10,000+ tasks`. */
export function counted(value: number, one: string, more = false, several = `${one}s`): string {
  return `${count(value, more)} ${value === 1 && !more ? one : several}`;
}
