import type { Settings } from '../src/index.ts';

/** One setting as `.env.example` shows it. */
export interface ExampleSetting {
  name: string;
  /** '' where it has none. */
  unset: string;
  meaning: string;
}

/** What a service's settings look like in `.env.example`. */
export function exampleOf(settings: Settings): ExampleSetting[] {
  return Object.entries(settings).map(([name, schema]) => {
    const { data } = schema.safeParse(undefined);
    return {
      name,
      unset: typeof data === 'string' || typeof data === 'number' ? String(data) : '',
      meaning: schema.description ?? '',
    };
  });
}

/** Reads `.env.example`: comment lines with the meaning, then `#NAME=default`. */
export function readExample(text: string): ExampleSetting[] {
  const settings: ExampleSetting[] = [];
  let meaning: string[] = [];
  for (const line of text.split('\n')) {
    const [, name, unset] = /^#?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) settings.push({ name, unset: unset ?? '', meaning: meaning.join(' ') });
    else if (line.startsWith('# ')) {
      meaning.push(line.slice(2));
      continue;
    }
    meaning = [];
  }
  return settings;
}
