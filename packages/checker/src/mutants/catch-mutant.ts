// Runs where a mutant is loaded: looks for what it breaks, and prints one line of JSON, null for nothing.
import { parseArgs } from 'node:util';
import { MODELS } from '../models/models.ts';
import { explore } from '../stepped/explore.ts';
import { SCENARIOS } from '../stepped/scenarios.ts';

const { values } = parseArgs({ options: { scenario: { type: 'string' }, model: { type: 'string' }, database: { type: 'string' } } });

process.stdout.write(`${JSON.stringify(await look())}\n`);

async function look(): Promise<string | null> {
  if (values.model !== undefined) return breaksModel(values.model);
  const scenario = SCENARIOS.find(({ name }) => name === values.scenario);
  if (scenario === undefined || values.database === undefined) throw new Error('give --model, or --scenario and --database');
  const { violations: [first] } = await explore(scenario, values.database, { untilFirst: true });
  return first === undefined ? null : first.what;
}

async function breaksModel(name: string): Promise<string | null> {
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
