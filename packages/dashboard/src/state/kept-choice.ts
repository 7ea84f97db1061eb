import { effect, signal, type Signal } from '@preact/signals';

/**
 * One of a few values, the first at the beginning. Kept in this browser, under this key; what is kept there and is none
 * of them counts as the first.
 */
export function keptChoice<T extends string>(key: string, values: readonly [T, ...T[]]): Signal<T> {
  const choice = signal<T>(kept(key, values));
  effect(() => {
    try {
      localStorage.setItem(key, choice.value);
    } catch {
      // A browser that keeps nothing: it is chosen again each time.
    }
  });
  return choice;
}

/** Takes the next value, and the first behind the last. */
export function chooseNext<T extends string>(choice: Signal<T>, values: readonly [T, ...T[]]): void {
  choice.value = values[values.indexOf(choice.value) + 1] ?? values[0];
}

function kept<T extends string>(key: string, values: readonly [T, ...T[]]): T {
  try {
    const found = localStorage.getItem(key);
    return values.find((value) => value === found) ?? values[0];
  } catch {
    return values[0];
  }
}
