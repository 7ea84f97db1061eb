import { askToPause, keysDialog, pauseDialog } from '../state/dialogs.ts';
import { go } from '../state/route.ts';
import { connection } from '../state/store.ts';
import { nextZone } from '../state/zone.ts';
import { readScopeData } from '../parts/scope-data.ts';

/** What the keys do, for the dialog that lists them. */
export const KEYS = [
  ['p', 'pause: the row that has the focus, or anything'],
  ['e', 'extend the pause of the row, or of the view'],
  ['c', 'clear the pause; cancel the task or what is selected'],
  ['r', 'release what the pause holds; retry the task or what is selected'],
  ['t', 'triage what the pause holds'],
  ['v', 'verify that nothing started under the pause'],
  ['x', 'stop what runs: of the pause, the task, or what is selected'],
  ['m', 'move the task or what is selected to another priority'],
  ['k', 'park or unpark the task'],
  ['f', 'freeze or thaw the repo of the row'],
  ['l', 'set the limit of the repo of the row'],
  ['/', 'filter'],
  ['s', 'search by id or text'],
  ['u', 'times in UTC, or in local time'],
  ['↑ ↓ Home End', 'from row to row'],
  ['g n', 'go to Now'],
  ['g t', 'go to Tasks'],
  ['g r', 'go to Repos'],
  ['g w', 'go to Workers'],
  ['g a', 'go to Alerts'],
  ['g h', 'go to History'],
  ['?', 'these keys'],
  ['Esc', 'close a dialog, leave a filter'],
] as const;

const PLACES: Record<string, string> = { n: '', t: 'tasks', r: 'repos', w: 'workers', a: 'alerts', h: 'history' };
const SECOND_KEY_WITHIN_MS = 1_500;

let gPressedAtMs = -Infinity;

/** Listens to the keys of the page; those of a field, a dialog or the browser itself are left alone. */
export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (
      event.defaultPrevented ||
      event.metaKey ||
      event.ctrlKey ||
      event.altKey ||
      connection.peek().phase === 'signed-out'
    )
      return;
    const { target } = event;
    if (
      event.key === 'Escape' &&
      target instanceof HTMLInputElement &&
      ('filter' in target.dataset || 'search' in target.dataset)
    )
      target.blur();
    if (
      inField(target) ||
      pauseDialog.peek() !== null ||
      keysDialog.peek() ||
      document.querySelector('dialog[open]') !== null
    )
      return;
    if (press(event.key)) event.preventDefault();
  });
}

/** @returns whether the key meant something */
function press(key: string): boolean {
  const place = performance.now() - gPressedAtMs < SECOND_KEY_WITHIN_MS ? PLACES[key] : undefined;
  gPressedAtMs = key === 'g' ? performance.now() : -Infinity;
  if (place !== undefined) {
    go(place);
    return true;
  }
  if (key === '?') {
    keysDialog.value = true;
    return true;
  }
  if (key === 'p') {
    askToPauseHere();
    return true;
  }
  if (key === 'u') {
    nextZone();
    return true;
  }
  if (key === '/') return focusOn('[data-filter]');
  if (key === 's') return focusOn('[data-search]');
  return pressButton(key);
}

function focusOn(selector: string): boolean {
  const field = document.querySelector<HTMLInputElement>(selector);
  field?.focus();
  field?.select();
  return field !== null;
}

/**
 * Presses the button that this key stands for: that of the row with the focus, else that of what is selected or of the
 * whole view.
 */
function pressButton(key: string): boolean {
  if (!/^[a-z]$/.test(key)) return false;
  const button = `[data-key="${key}"]:not(:disabled)`;
  const found =
    document.activeElement?.closest('tr')?.querySelector<HTMLElement>(button) ??
    document.querySelector<HTMLElement>(`main .bulk-bar ${button}, main [data-whole-view] > header ${button}`);
  found?.click();
  return found !== null && found !== undefined;
}

/** The scope of the row, or of the view, in which the focus is. */
function askToPauseHere(): void {
  const marked =
    document.activeElement?.closest<HTMLElement>('[data-scope-kind]') ??
    document.querySelector<HTMLElement>('main [data-scope-kind][data-whole-view]');
  askToPause(readScopeData(marked?.dataset ?? {}));
}

function inField(target: EventTarget | null): boolean {
  return (
    (target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox') ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  );
}
