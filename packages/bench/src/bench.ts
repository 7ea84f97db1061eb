import { writeFile } from 'node:fs/promises';
import { describeMachine } from './machine.ts';
import type { Curve, Finding } from './measure.ts';
import { MEASURES } from './measures/index.ts';
import { readOptions, USAGE, UsageError, type Options } from './options.ts';
import { Progress } from './progress.ts';
import { writeReport, type Report } from './report.ts';
import { startServer } from './server.ts';
import { terminalTable } from './table.ts';

const TITLES = new Map(MEASURES.map(({ name, title }) => [name, title]));

try {
  const options = readOptions(
    process.argv.slice(2),
    MEASURES.map((measure) => measure.name),
  );
  if (options.help)
    process.stdout.write(
      `${USAGE}\nmeasures:\n${MEASURES.map(({ name, title }) => `  ${name.padEnd(16)}${title}\n`).join('')}`,
    );
  else await measureAll(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function measureAll(options: Options): Promise<void> {
  const chosen = MEASURES.filter(({ name }) => options.only?.includes(name) ?? true);
  const shape = { quick: options.quick, long: options.long, rounds: options.quick ? 3 : 5 };
  const progress = new Progress(chosen.reduce((sum, measure) => sum + measure.steps(shape), 0));
  const startedMs = performance.now();
  const server = await startServer(process.env['DATABASE_URL'], (line) => progress.say(line));
  // A signal may come more than once, from the terminal and from whoever started this: the server is stopped once, in
  // time.
  let stopping: Promise<void> | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopping ??= server.stop().finally(() => process.exit(1));
    });
  }
  const findings: Finding[] = [];
  const curves: Curve[] = [];
  const failures: string[] = [];
  try {
    for (const measure of chosen) {
      try {
        const found = await measure.run({ server, ...shape, step: (what) => progress.step(what) });
        findings.push(...found.findings);
        if (found.curve !== undefined) curves.push(found.curve);
      } catch (error) {
        // The others are still worth measuring; the run as a whole has failed.
        failures.push(measure.name);
        progress.say(
          `${measure.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
    }
  } finally {
    await server.stop();
    progress.end();
  }
  const report: Report = {
    at: new Date().toISOString(),
    machine: describeMachine(),
    postgres: server.version,
    defaults: server.own,
    ...shape,
    only: options.only ?? null,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
    failures,
    findings,
    curves,
  };
  process.stdout.write(
    `${terminalTable(findings, TITLES)}\n${report.machine.cpu}, ${report.machine.cores} cores; ` +
      `PostgreSQL ${report.postgres}; ${report.seconds} s\n`,
  );
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  const whole = options.only === undefined && !options.quick && failures.length === 0;
  if (whole || options.docs)
    for (const file of await writeReport(report, TITLES)) process.stdout.write(`wrote ${file}\n`);
  if (failures.length > 0) process.exitCode = 1;
}
