import type { VNode } from 'preact';
import { signOut } from '../session.ts';
import { confirmed, connection } from '../store.ts';

const WORD = { 'live': 'live', 'connecting': 'connecting', 'reconnecting': 'reconnecting', 'signed-out': 'signed out' } as const;

/** The name of the system, the state of the line in one word, and the way out. */
export function TopBar(): VNode {
  const { phase } = connection.value;
  const unsure = phase === 'live' && !confirmed.value;
  return (
    <header class="top-bar">
      <span class="name">Orchestra</span>
      <span class="line-state" role="status" data-state={unsure ? 'unsure' : phase}>{unsure ? 'not confirmed' : WORD[phase]}</span>
      <button type="button" class="quiet-button" onClick={() => signOut()}>Sign out</button>
    </header>
  );
}
