import { askToPause, keysDialog, pauseDialog } from '../state/dialogs.ts';
import { go } from '../state/route.ts';
import { connection } from '../state/store.ts';
import { readScopeData } from '../parts/scope-data.ts';

/** What the keys do, for the dialog that lists them. */
export const KEYS = [
  ['p', 'pause: the row that has the focus, or anything'],
  ['/', 'filter'],
  ['↑ ↓ Home End', 'from row to row'],
  ['g n', 'go to Now'],
  ['g t', 'go to Tasks'],
  ['g a', 'go to Alerts'],
  ['g h', 'go to History'],
  ['?', 'these keys'],
  ['Esc', 'close a dialog, leave a filter'],
] as const;

const PLACES: Record<string, string> = { n: '', t: 'tasks', a: 'alerts', h: 'history' };
const SECOND_KEY_WITHIN_MS = 1_500;

let gPressedAtMs = -Infinity;

/** Listens to the keys of the page; those of a field, a dialog or the browser itself are left alone. */
export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || connection.peek().phase === 'signed-out') return;
    const { target } = event;
    if (event.key === 'Escape' && target instanceof HTMLInputElement && 'filter' in target.dataset) target.blur();
    if (inField(target) || pauseDialog.peek() !== null || keysDialog.peek() || document.querySelector('dialog[open]') !== null) return;
    if (press(event.key)) event.preventDefault();
  });
}

/** @returns whether the key meant something */
function press(key: string): boolean {
  const place = performance.now() - gPressedAtMs < SECOND_KEY_WITHIN_MS ? PLACES[key] : undefined;
  gPressedAtMs = key === 'g' ? performance.now() : -Infinity;
  if (place !== undefined) { go(place); return true; }
  if (key === '?') { keysDialog.value = true; return true; }
  if (key === 'p') { askToPauseHere(); return true; }
  if (key !== '/') return false;
  const filter = document.querySelector<HTMLInputElement>('[data-filter]');
  filter?.focus();
  filter?.select();
  return filter !== null;
}

/** The scope of the row, or of the view, in which the focus is. */
function askToPauseHere(): void {
  const marked = document.activeElement?.closest<HTMLElement>('[data-scope-kind]') ?? document.querySelector<HTMLElement>('main [data-scope-kind][data-whole-view]');
  askToPause(readScopeData(marked?.dataset ?? {}));
}

function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox' || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
