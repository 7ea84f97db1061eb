import type { TargetedSubmitEvent, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { go, place, query } from '../state/route.ts';

/** Finds a task, a pause, a label or a repo by its id or a text, from every view. */
export function SearchField(): VNode {
  const field = useRef<HTMLInputElement>(null);
  const asked = place.value.view === 'search' ? (query.value.get('q') ?? '') : '';
  useEffect(() => {
    if (field.current !== null && field.current !== document.activeElement) field.current.value = asked;
  }, [asked]);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = field.current?.value.trim() ?? '';
    if (text !== '') go(`search?${new URLSearchParams({ q: text })}`);
  };
  return (
    <form class="search" role="search" aria-label="Search" onSubmit={submit}>
      <input
        ref={field}
        type="search"
        placeholder="id or text"
        aria-label="Search"
        aria-keyshortcuts="s"
        data-search
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        defaultValue={asked}
      />
    </form>
  );
}
