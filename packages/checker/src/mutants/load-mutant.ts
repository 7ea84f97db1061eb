// To be loaded before everything else, by `mutantFlags`: one file is then not read as it is written.
import { registerHooks } from 'node:module';
import { applyMutant } from './mutant.ts';
import { findMutant } from './mutants.ts';

const mutant = findMutant(new URL(import.meta.url).searchParams.get('mutant') ?? '');
const target = new URL(`../../../../${mutant.file}`, import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    if (loaded.source === undefined) throw new Error(`${mutant.file} has no source to change`);
    const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    console.error(`mutant: ${mutant.name}`);
    return { ...loaded, source: applyMutant(mutant, source) };
  },
});
