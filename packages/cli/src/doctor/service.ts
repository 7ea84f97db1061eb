import { z } from 'zod';
import { wordsOf } from '../words-of.ts';
import { isSkewed, saySkew, skewMs } from './clock.ts';
import { failed, ok, warning, type Finding } from './finding.ts';

const liveness = z.object({ alive: z.literal(true), version: z.string().optional() });
const readiness = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) });

const TIME_LIMIT_MS = 5_000;
// The header `Date` tells whole seconds, and a second is told until it is over.
const DATE_EXACT_MS = 1_000;

/** Is a service there, of which version, ready, and is its clock right? */
export async function checkService(name: string, url: string, expectedVersion: string): Promise<Finding> {
  const at = url.replace(/\/+$/, '');
  try {
    const sentAt = Date.now();
    const alive = await fetch(`${at}/livez`, { signal: AbortSignal.timeout(TIME_LIMIT_MS), redirect: 'manual' });
    const heardAt = Date.now();
    const { version } = liveness.parse(await alive.json());
    const ready = readiness.parse(
      await (await fetch(`${at}/readyz`, { signal: AbortSignal.timeout(TIME_LIMIT_MS), redirect: 'manual' })).json(),
    );
    const skew = clockOf(alive.headers.get('date'), sentAt, heardAt);
    const clock = skew === undefined ? '' : `, ${saySkew(skew, DATE_EXACT_MS)}`;
    const says = `${at}, version ${version ?? 'unknown'}${clock}`;
    const lacking = Object.entries(ready.checks)
      .filter(([, found]) => found !== 'ok')
      .map(([what, found]) => `${what}: ${found}`);
    if (!ready.ready) return failed(name, `${says}; not ready: ${lacking.join('; ')}`, whatToDo(ready.checks));
    if (skew !== undefined && isSkewed(skew, DATE_EXACT_MS))
      return failed(
        name,
        says,
        'set the clock of this machine or of that one (NTP); pauses end by the database’s clock all the same',
      );
    if (version !== undefined && version !== expectedVersion)
      return failed(
        name,
        `${says}; this command is ${expectedVersion}`,
        'bring the older one up to date; services first',
      );
    if (lacking.length > 0) return warning(name, `${says}; ready, but ${lacking.join('; ')}`, whatToDo(ready.checks));
    return ok(name, says);
  } catch (error) {
    return failed(
      name,
      `${at} does not answer as ${name} does: ${saysWhy(error)}`,
      `start it (\`orchestra up\` starts all of them on this machine), or say where it is: ORCHESTRA_URL, ` +
        `ORCHESTRA_TASKS_URL or \`orchestra profile\``,
    );
  }
}

function clockOf(date: string | null, sentAt: number, heardAt: number): number | undefined {
  const told = date === null ? NaN : Date.parse(date);
  return Number.isNaN(told) ? undefined : skewMs(told + DATE_EXACT_MS / 2, sentAt, heardAt);
}

function whatToDo(checks: Readonly<Record<string, string>>): string {
  if (checks['database'] !== undefined && checks['database'] !== 'ok')
    return 'see that the database runs and that the service may reach it (DATABASE_URL)';
  if (checks['migrations'] !== undefined && checks['migrations'] !== 'ok') return 'run `orchestra db migrate`';
  if (checks['alerts'] !== undefined && checks['alerts'] !== 'ok')
    return 'see to the table senate_alerts; `orchestra doctor --direct` at the database tells more';
  return 'see its log';
}

function saysWhy(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return 'something else answers there';
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer in ${TIME_LIMIT_MS / 1_000} s`;
  return wordsOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
