import { effect, signal } from '@preact/signals';
import { chooseNext, keptChoice } from './kept-choice.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Light, dark, or as the machine is set. Kept in this browser. */
export const theme = keptChoice<Theme>('orchestra.theme', THEMES);

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});

/** Whether it is dark now: what is drawn on a canvas has to know. */
export const machineIsDark = signal(matchMedia('(prefers-color-scheme: dark)').matches);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
  machineIsDark.value = event.matches;
});

export function nextTheme(): void {
  chooseNext(theme, THEMES);
}
