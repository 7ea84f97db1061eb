// A command as workers run them: `orchestra worker -- node careful-agent.ts`. Waits for a file where its payload names
// one, asks what its payload says unless that has been answered, and reports.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const LOOK_EVERY_MS = 50;

const payload = z
  .object({ wait_for: z.string().optional(), ask: z.string().optional() })
  .parse(JSON.parse(process.env['ORCHESTRA_PAYLOAD'] ?? '{}'));
const answer = process.env['ORCHESTRA_ANSWER'];

if (payload.ask !== undefined && answer === undefined) {
  await writeFile('01-questions.md', `${payload.ask}\n`);
} else {
  // The worker's time limit ends it.
  while (payload.wait_for !== undefined && !existsSync(payload.wait_for)) await delay(LOOK_EVERY_MS);
  process.stdout.write(answer === undefined ? 'done' : `done, ${answer}`);
}
