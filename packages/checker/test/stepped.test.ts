import { testDatabase } from '@orchestra/testkit';
import { afterAll, expect, test } from 'vitest';
import { explore, type Violation } from '../src/stepped/explore.ts';
import { SCENARIOS } from '../src/stepped/scenarios.ts';

// Every order in which the statements of some calls can come, on a real server, each judged by the promises.
const db = testDatabase();
const LIMIT_MS = 240_000;
const counted: string[] = [];

test.each(SCENARIOS.map((scenario) => ({ name: scenario.name, scenario })))(
  '$name, in every order',
  async ({ scenario }) => {
    const beganAt = performance.now();
    const { orders, violations } = await explore(scenario, db.url);
    counted.push(
      `${String(orders).padStart(5)} orders in ${((performance.now() - beganAt) / 1_000).toFixed(1)} s: ` +
        `${scenario.name}`,
    );
    expect(orders).toBeGreaterThan(1);
    expect(violations.slice(0, 3).map(inWords), `${violations.length} in ${orders} orders`).toEqual([]);
  },
  LIMIT_MS,
);

afterAll(() => console.log(counted.join('\n')));

function inWords({ what, order }: Violation): string {
  return `${what}\n  ${order.join('\n  ')}`;
}
