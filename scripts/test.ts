// `pnpm test`: everything that must hold before a commit, in the order in which it fails fastest. Ends with one line
// that counts what passed and failed; a step that is not a test runner counts as one test when it fails.
// `pnpm test --quick`: types, lint, and the tests that need nothing but a database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';

const RESULTS = '.vitest/results.json';
const isQuick = process.argv.includes('--quick');
const onlyTests = process.argv.slice(2).filter((argument) => argument !== '--quick');
// The folder of the oldest PostgreSQL that is supported, for example /usr/lib/postgresql/15: the core of the suite then
// runs on it as well. CI sets it.
const oldestPostgres = process.env['OLDEST_POSTGRES'];

interface Step {
  name: string;
  command: string[];
  env?: NodeJS.ProcessEnv;
}

// Tests start programs that it makes; without it they start the sources, which takes longer.
const BUILD: Step = { name: 'build the page', command: ['turbo', 'run', 'build', '--output-logs=errors-only'] };
// They need nothing of each other, and none keeps two cores busy by itself.
const CHECKS: Step[] = [
  { name: 'format: `npx pnpm format` mends it', command: ['oxfmt', '--check'] },
  // Three programs instead of one for each package: each program reads the sources of all packages below it again.
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the command line', command: ['tsc', '--noEmit', '-p', 'packages/cli'] },
  { name: 'types of the page', command: ['tsc', '--noEmit', '-p', 'packages/dashboard'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
];
const VITEST = ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];
// By their names: pure tests are beside the code, and tests of the database end like this.
const QUICK_TESTS = ['/src/', '.db.test.ts'];
const TESTS: Step = { name: 'tests', command: [...VITEST, ...(isQuick ? QUICK_TESTS : onlyTests)] };
// What is most about statements: migrations, pauses, claims, gates, and claims of attached engines.
const CORE_TESTS = [
  'packages/database',
  'packages/pause-core/test',
  'packages/task-queue/test',
  'packages/attach/test/promises',
];
const DEMOS: Step[] = [
  { name: 'pipeline', command: ['node', 'examples/pipeline/src/pipeline.ts'] },
  { name: 'demo', command: ['node', 'examples/fleet/src/demo.ts'] },
];

/** What the JSON reporter of vitest writes; only what is read here. Times in milliseconds. */
interface TestFile {
  name: string;
  startTime: number;
  endTime: number;
  message: string;
  assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
}
interface Results {
  numPassedTests: number;
  numFailedTests: number;
  testResults: TestFile[];
}
const SLOWEST_SHOWN = 15;
/** How much of an error is repeated at the end; the whole error is where the test failed. */
const ERROR_LINES = 12;

let failed = 0;
let passed = 0;
const failures: string[] = [];
const NO_TELEMETRY = { TURBO_TELEMETRY_DISABLED: '1' };

if (isQuick && onlyTests.length > 0) throw new TypeError('give --quick or the tests to run, not both');

if (!isQuick) await countStep(BUILD);
await Promise.all(CHECKS.map(countQuietly));
await countTests(TESTS);
if (onlyTests.length === 0 && !isQuick) {
  const env = { TEST_POSTGRES: oldestPostgres };
  if (oldestPostgres) {
    await countTests({ name: `the core's tests on ${oldestPostgres}`, command: [...VITEST, ...CORE_TESTS], env });
  }
  for (const demo of DEMOS) await countStep(demo);
}

// A machine that keeps only the end of a long output still says what failed.
for (const failure of failures) console.log(`\nFAILED ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

async function run({ name, command, env = {} }: Step): Promise<boolean> {
  console.log(`\n── ${name}`);
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...NO_TELEMETRY, ...env } });
  return hasPassed(program, once(child, 'close'));
}

async function countStep(step: Step): Promise<void> {
  count(step, await run(step));
}

/** Beside others: what it writes is shown when it has ended. */
async function countQuietly(step: Step): Promise<void> {
  const [program = '', ...args] = step.command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...NO_TELEMETRY } });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => output.push(bytes));
  const isPassed = await hasPassed(program, once(child, 'close'));
  console.log(`\n── ${step.name}\n${Buffer.concat(output).toString()}`.trimEnd());
  count(step, isPassed);
}

async function hasPassed(program: string, closed: Promise<unknown[]>): Promise<boolean> {
  try {
    const [status] = await closed;
    return status === 0;
  } catch (error) {
    console.error(`${program} could not be started: ${String(error)}`);
    return false;
  }
}

function count(step: Step, isPassed: boolean): void {
  if (isPassed) passed += 1;
  else {
    failed += 1;
    failures.push(`step: ${step.name}`);
  }
}

async function countTests(step: Step): Promise<void> {
  rmSync(RESULTS, { force: true });
  const endedWell = await run(step);
  const { numPassedTests, numFailedTests, testResults } = readResults();
  passed += numPassedTests;
  // A run that ends badly with no failed test (a file that does not load, an unhandled error) has failed all the same.
  failed += endedWell ? numFailedTests : Math.max(1, numFailedTests);
  if (!endedWell) failures.push(`step: ${step.name}`, ...testResults.flatMap(failuresOf));
  console.log(slowestFiles(testResults));
}

function readResults(): Results {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8'));
  } catch (cause) {
    console.error('the test runner left no results', cause);
    return { numPassedTests: 0, numFailedTests: 1, testResults: [] };
  }
}

function failuresOf({ name, message, assertionResults }: TestFile): string[] {
  const ofTests = assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${name}: ${fullName}\n${firstLines(failureMessages.join('\n'))}`);
  return message === '' ? ofTests : [...ofTests, `${name}\n${firstLines(message)}`];
}

function firstLines(text: string): string {
  return text.split('\n', ERROR_LINES).join('\n');
}

function slowestFiles(files: TestFile[]): string {
  const seconds = ({ startTime, endTime }: TestFile) => (endTime - startTime) / 1000;
  const slowest = files.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST_SHOWN);
  return ['slowest files', ...slowest.map((file) => `${seconds(file).toFixed(1).padStart(7)} s  ${file.name}`)].join(
    '\n',
  );
}
