import type { TargetedEvent, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { go, query, withQuery } from '../state/route.ts';

const SETTLES_MS = 250;

interface FilterProps {
  name: string;
  label: string;
  placeholder?: string;
  type?: 'text' | 'datetime-local';
  main?: boolean;
}

/** A filter that stands in the address. `main` is the one that `/` goes to. */
export function FilterField({ name, label, placeholder = '', type = 'text', main = false }: FilterProps): VNode {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const field = useRef<HTMLInputElement>(null);
  const value = query.value.get(name) ?? '';
  useEffect(() => {
    // Changed by a link or by going back, and not by what is being typed.
    if (field.current !== null && field.current !== document.activeElement) field.current.value = value;
  }, [value]);
  const apply = (event: TargetedEvent<HTMLInputElement>): void => {
    const typed = event.currentTarget.value.trim();
    const list = location.pathname;
    clearTimeout(timer.current);
    // What was typed belongs to this list, and not to the address that comes after it. The address is asked, because
    // the clean-up of an effect does not run for a field that is left before its effects have run.
    timer.current = setTimeout(() => {
      if (location.pathname === list) go(withQuery({ [name]: typed }), { replace: true });
    }, SETTLES_MS);
  };
  return (
    <label class="filter">
      <span>{label}</span>
      <input
        ref={field}
        {...(type === 'text' ? { type, placeholder } : { type })}
        defaultValue={value}
        autocomplete="off"
        spellcheck={false}
        data-filter={main ? '' : undefined}
        onInput={apply}
      />
    </label>
  );
}

/** A filter with a few values to choose from. */
export function FilterChoice({
  name,
  label,
  values,
  any,
}: {
  name: string;
  label: string;
  values: readonly (readonly [string, string])[];
  any: string;
}): VNode {
  return (
    <label class="filter">
      <span>{label}</span>
      <select
        value={query.value.get(name) ?? ''}
        onChange={(event) => go(withQuery({ [name]: event.currentTarget.value }))}
      >
        <option value="">{any}</option>
        {values.map(([value, says]) => (
          <option key={value} value={value}>
            {says}
          </option>
        ))}
      </select>
    </label>
  );
}
