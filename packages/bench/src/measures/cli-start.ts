import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';

const NAME = 'cli-start';
const RUN = fileURLToPath(new URL('../../../cli/bin/run.js', import.meta.url));
// Said by the process itself, as it ends: the time of all its threads.
const TELL_CPU = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('\\ncpu '+(user+system))})`;
const COMMANDS = [
  ['senate', 'check', '--agent', 'skeptic'],
  ['queue', '--help'],
] as const;
const TRIES = 5;
const NOT_PAUSED = '{"paused":false,"reason":null,"pause":null,"stale":false}';

/**
 * What a command of the command line costs, asked of a service that answers at once: its own start, in CPU of this
 * machine.
 */
export const cliStart: Measure = {
  name: NAME,
  title: 'a command of the command line, from its start to its end',
  steps: () => COMMANDS.length,
  run: async ({ rounds, step }) => {
    const folder = await mkdtemp(join(tmpdir(), 'orchestra-bench-'));
    const service = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(NOT_PAUSED);
    }).listen(0, '127.0.0.1');
    try {
      await once(service, 'listening');
      const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
      const env = {
        PATH: process.env['PATH'],
        HOME: folder,
        XDG_CACHE_HOME: folder,
        XDG_CONFIG_HOME: folder,
        ORCHESTRA_URL: url,
        ORCHESTRA_TASKS_URL: url,
        ORCHESTRA_TOKEN: 'none',
      };
      const findings: Finding[] = [];
      for (const command of COMMANDS) {
        step(`${NAME}: ${command.join(' ')}`);
        const first = await cpuSeconds(command, { ...env, NODE_DISABLE_COMPILE_CACHE: '1' });
        await cpuSeconds(command, env); // what it keeps is there from now on
        const each: number[] = [];
        for (let round = 0; round < rounds; round++) {
          const tries: number[] = [];
          for (let again = 0; again < TRIES; again++) tries.push(await cpuSeconds(command, env));
          each.push(median(tries));
        }
        findings.push({
          measure: NAME,
          what: `\`orchestra ${command.join(' ')}\`, CPU`,
          target: { atMost: 0.21 },
          reached: median(each),
          unit: 's',
          rounds: each,
          detail: `${first.toFixed(2)} s where nothing is kept compiled`,
        });
      }
      return { findings };
    } finally {
      service.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function cpuSeconds(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--import', TELL_CPU, RUN, ...command], { env });
  const told = /cpu (\d+)$/.exec(stderr)?.[1];
  if (told === undefined) throw new Error(`orchestra ${command.join(' ')} did not tell what it cost: ${stderr}`);
  return Number(told) / 1_000_000;
}
