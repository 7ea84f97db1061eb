// `pnpm soak`: the properties, each at so many operations, then chaos for as long as it is asked for, one profile after
//   the other. A line for each run, a report for each that fails, everything as JSON at the end. Exit code 0 when
//   nothing was violated, 1 when something was, 2 for wrong usage.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { crowdPassed, describeCrowd, runCrowd } from './crowd.ts';
import { PROFILE_NAMES, PROFILES, type ProfileName } from './profiles.ts';
import { describe, passed, summarise, type ChaosSummary } from './report.ts';
import { startOwnServer } from '@orchestra/testkit';
import { PROPERTIES } from '../properties/properties.ts';
import { tryPropertyOn } from '../properties/try-property.ts';
import { runChaos } from './run-chaos.ts';

const USAGE = `usage: pnpm soak [--minutes 60] [--seconds 40] [--runs N] [--seed N] [--profile NAME]... [--operations 20000] [--property WORDS] [--json FILE]
  --minutes   how long in all; the last run is not cut short (60)
  --seconds   how long the faults of one run go on (40)
  --runs      so many runs at the most
  --seed      of the first run; each further one has the next (the time of day)
  --profile   ${PROFILE_NAMES.join(', ')}; may be given several times (all, one after the other)
  --operations of each property, tried before the first run; 0 leaves them out (20000, none where a profile is named)
  --property  only those with these words in their names
  --json      where to write the runs in numbers`;

interface SoakOptions {
  minutes: number;
  seconds: number;
  runs: number;
  seed: number;
  profiles: readonly ProfileName[];
  operations: number;
  property: string;
  json: string | undefined;
}

// The processes of the run under way are ended with this one.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

try {
  const options = readOptions();
  process.exitCode = await soak(options);
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}

async function soak({
  minutes,
  seconds,
  runs,
  seed,
  profiles,
  operations,
  property,
  json,
}: SoakOptions): Promise<number> {
  const end = performance.now() + minutes * 60_000;
  const propertiesFailed = operations === 0 ? 0 : await tryProperties(seed, operations, property, end);
  const summaries: ChaosSummary[] = [];
  let crowdsFailed = 0;
  let broken = 0;
  // With --property alone there is nothing else to do.
  while (property === '' && summaries.length + broken < runs && performance.now() < end) {
    const number = summaries.length + broken + 1;
    const profile = profiles[(number - 1) % profiles.length] ?? 'uniform';
    const say = (line: string): void => progress(`run ${number}, ${profile}: ${line}`, end);
    say(PROFILES[profile].says);
    const run = await runChaos({ profile, seed: seed + number - 1, runMs: seconds * 1_000, onProgress: say }).catch(
      (error: unknown) => {
        console.log(`run ${number}, ${profile}: broke off: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    // A machine that is too busy to start the services within their time says nothing about them, and nothing of the
    // other runs.
    if (run === undefined) {
      broken += 1;
      continue;
    }
    const summary = summarise(run);
    summaries.push(summary);
    console.log(describe(summary, run));
    await write(json, summaries);
    // Once behind all profiles, where none was asked for alone.
    if (profiles.length === PROFILE_NAMES.length && summaries.length % profiles.length === 0) {
      progress('a crowd at the same tasks, in every order', end);
      const crowd = await runCrowd({ seed: seed + summaries.length, runMs: seconds * 1_000 });
      if (!crowdPassed(crowd)) crowdsFailed += 1;
      console.log(describeCrowd(crowd));
    }
  }
  const failed = summaries.filter((summary) => !passed(summary)).length;
  const sum = (of: (summary: ChaosSummary) => number): number =>
    summaries.reduce((total, summary) => total + of(summary), 0);
  console.log(
    `${summaries.length} runs, ${sum((one) => Object.values(one.faults).reduce((a, b) => a + b, 0))} ` +
      `faults, ${sum((one) => one.claims)} claims, ` +
      `${sum((one) => one.pauses)} pauses; ${sum((one) => one.violations.length)} violations and ` +
      `${sum((one) => one.deadlocks)} deadlocks in ${failed} runs; ${broken} runs broke off; ` +
      `${crowdsFailed} crowds and ${propertiesFailed} properties failed`,
  );
  await write(json, summaries);
  return failed === 0 &&
    broken === 0 &&
    crowdsFailed === 0 &&
    propertiesFailed === 0 &&
    (summaries.length > 0 || property !== '')
    ? 0
    : 1;
}

/** After each run: what is known already is not lost with a later one. */
async function write(json: string | undefined, summaries: readonly ChaosSummary[]): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(summaries, null, 2)}\n`);
}

/** @returns how many did not hold */
async function tryProperties(seed: number, operations: number, words: string, end: number): Promise<number> {
  const server = await startOwnServer({ max_connections: 200, fsync: 'off' });
  let failed = 0;
  try {
    for (const property of PROPERTIES.filter(({ name }) => name.includes(words))) {
      progress(`${property.name}: ${operations} operations`, end);
      const began = performance.now();
      const found = await tryPropertyOn(server.url, { property, seed, operations });
      if (found !== undefined) failed += 1;
      console.log(
        `${property.name}, seed ${seed}: ${operations} operations in ` +
          `${((performance.now() - began) / 1_000).toFixed(0)} s; ${found ?? 'holds'}`,
      );
    }
  } finally {
    await server.stop();
  }
  return failed;
}

function progress(line: string, end: number): void {
  const leftMinutes = Math.max(0, (end - performance.now()) / 60_000);
  process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${line} (${leftMinutes.toFixed(0)} min left)\r` : `${line}\n`);
}

/** @throws TypeError for wrong usage */
function readOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      profile: { type: 'string', multiple: true },
      operations: { type: 'string' },
      property: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const asked = values.profile ?? [];
  const unknown = asked.filter((name) => !PROFILE_NAMES.some((known) => known === name));
  if (unknown.length > 0) throw new TypeError(`there is no profile ${unknown.join(', ')}`);
  const profiles = PROFILE_NAMES.filter((name) => asked.length === 0 || asked.includes(name));
  const runs = positive('runs', values.runs, Infinity);
  return {
    minutes: positive('minutes', values.minutes, 60),
    seconds: positive('seconds', values.seconds, 40),
    runs,
    seed: positive('seed', values.seed, Math.floor(Date.now() / 1_000)),
    profiles,
    operations: wholeNumber('operations', values.operations, asked.length > 0 ? 0 : 20_000),
    property: values.property ?? '',
    json: values.json,
  };
}

function wholeNumber(name: string, given: string | undefined, unset: number): number {
  if (given === undefined) return unset;
  if (!/^\d{1,9}$/.test(given)) throw new TypeError(`--${name} must be a whole number, not ${given}`);
  return Number(given);
}

function positive(name: string, given: string | undefined, unset: number): number {
  if (given === undefined) return unset;
  const value = Number(given);
  if (!(value > 0 && Number.isFinite(value))) throw new TypeError(`--${name} must be a number above 0, not ${given}`);
  return value;
}
