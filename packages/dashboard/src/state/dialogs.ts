import type { Scope } from '@orchestra/pause-core/contract';
import { signal } from '@preact/signals';
import { may } from './store.ts';

export type AskedScope = Readonly<Scope>;

/** The scope that the pause dialog is open for, as far as it is known; null: it is closed. */
export const pauseDialog = signal<AskedScope | null>(null);
export const keysDialog = signal(false);

/** Asks what to pause, beginning with this. Nothing for who may not. */
export function askToPause(scope: AskedScope = { kind: 'agent', value: '' }): void {
  if (may('pause')) pauseDialog.value = scope;
}
