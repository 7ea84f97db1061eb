// Runs where a mutant is loaded: looks for what it breaks, and prints one line of JSON, null for nothing. It loads only what
// looks for this one: loading everything takes longer than looking.
import { parseArgs } from 'node:util';
import { findMutant } from './mutants.ts';
import { withMutatedFunction } from './mutated-function.ts';

const { values } = parseArgs({
  options: {
    mutant: { type: 'string', default: '' },
    scenario: { type: 'string' },
    model: { type: 'string' },
    property: { type: 'string' },
    database: { type: 'string' },
  },
});

// Enough for a broken rule to be met, and seconds of work.
const OPERATIONS = 2_000;
const SEED = 20_261;

process.stdout.write(
  `${JSON.stringify(await withMutatedFunction(findMutant(values.mutant), values.database, look))}\n`,
);

async function look(): Promise<string | null> {
  if (values.model !== undefined) return breaksModel(values.model);
  if (values.property !== undefined) return breaksProperty(values.property);
  return breaksScenario(values.scenario);
}

async function breaksScenario(name: string | undefined): Promise<string | null> {
  const [{ explore }, { SCENARIOS }] = await Promise.all([
    import('../stepped/explore.ts'),
    import('../stepped/scenarios.ts'),
  ]);
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined || values.database === undefined)
    throw new Error('give --model, or --scenario or --property and --database');
  const {
    violations: [first],
  } = await explore(scenario, values.database, { untilFirst: true });
  return first === undefined ? null : first.what;
}

async function breaksModel(name: string): Promise<string | null> {
  const { MODELS } = await import('../models/models.ts');
  const model = MODELS.find((one) => one.name === name);
  if (model === undefined) throw new Error(`there is no model "${name}"`);
  try {
    await model.check();
    return null;
  } catch (error) {
    // fast-check says what was given; its cause, what came of it.
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  }
}

async function breaksProperty(name: string): Promise<string | null> {
  const [{ PROPERTIES }, { tryPropertyOn }] = await Promise.all([
    import('../properties/properties.ts'),
    import('../properties/try-property.ts'),
  ]);
  const property = PROPERTIES.find((one) => one.name === name);
  if (property === undefined || values.database === undefined)
    throw new Error(`there is no property "${name}", or no --database`);
  return (await tryPropertyOn(values.database, { property, seed: SEED, operations: OPERATIONS })) ?? null;
}
