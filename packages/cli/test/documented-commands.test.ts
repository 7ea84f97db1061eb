// Every command that README and docs name runs as a reader would type it: those in code blocks and those within a
// sentence.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until } from '@orchestra/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { COMMAND_FILES } from '../src/commands.ts';
import { ROOT } from './document.ts';
import { documentedCommands } from './documented-commands.ts';
import { commandFolder } from './run-document.ts';
import { temporaryFolder } from './orchestra.ts';
import { testOrchestra } from './test-orchestra.ts';

const ALL = documentedCommands();
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

/** Commands of pnpm itself that the documents mean. */
const OF_PNPM = new Set(['install', 'exec', 'add']);

describe('what the documents call with pnpm', () => {
  const called = ALL.flatMap(({ command, document }) => {
    const name = /(?:^| )pnpm (?<name>[a-z][\w:-]*)/.exec(command)?.groups?.['name'];
    return name === undefined ? [] : [{ command, document, name }];
  });

  test('is a script of this repository, or a command of pnpm that is meant', () => {
    expect(called.filter(({ name }) => !OF_PNPM.has(name) && !Object.hasOwn(scripts, name))).toEqual([]);
  });

  test('and its program is there where pnpm runs a program', () => {
    const programs = called
      .filter(({ name }) => name === 'exec')
      .map(({ command }) => command.split(' exec ')[1]?.split(' ') ?? []);
    expect(programs.length).toBeGreaterThan(0);
    for (const [program = '', file = ''] of programs) {
      expect(existsSync(join(ROOT, 'node_modules/.bin', program)), program).toBe(true);
      if (file.endsWith('.ts')) expect(existsSync(join(ROOT, file)), file).toBe(true);
    }
  });

  // pnpm has some eighty commands of its own, and gets more. A script of the same name is silently not run.
  test('reaches our script, and no command of pnpm that has the same name', { timeout: 300_000 }, async () => {
    const names = [...new Set(called.map(({ name }) => name))].filter((name) => !OF_PNPM.has(name)).toSorted();
    const { path: folder, remove } = await temporaryFolder();
    onTestFinished(remove);
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({
        private: true,
        scripts: Object.fromEntries(names.map((name) => [name, `echo "script ${name}"`])),
      }),
    );
    const reached = await Promise.all(
      names.map(async (name) => (await sh(`${pnpm()} ${name}`, folder)).stdout.trim().split('\n').at(-1)),
    );
    expect(reached).toEqual(names.map((name) => `script ${name}`));
  });
});

/** Commands whose example ends otherwise than with 0, because the example names what only the reader has. */
const ENDS: Readonly<Record<string, number>> = {
  'orchestra senate pauses --profile test': 2,
  'orchestra task release 42 --reason "docker is installed"': 1,
};
/** What needs a queue, a file, a user or a shell of the reader; other tests run these commands with their own. */
const OF_THE_READER = [
  /\battach (?:graphile-worker|pg-boss|dbos|check|remove|why|--)/,
  /--runner-config \/etc\//,
  /--token-file ~/,
  /-- (?:COMMAND|runuser|python3)/,
  /\bfish\b/,
];
/** What goes on until somebody stops it, or until what it follows has ended. */
const GOES_ON = /--follow|senate watch/;
const INCOMPLETE = /Missing (\d required arg|required flag)|say what/i;

describe('what the documents call with orchestra', () => {
  const running = testOrchestra();

  const commands = ALL.map(({ command, document }) => ({
    document,
    command: command.replace(/^(?:npx pnpm |\.\/)orchestra/, 'orchestra'),
  })).filter(
    ({ command }) => command.startsWith('orchestra ') && !OF_THE_READER.some((pattern) => pattern.test(command)),
  );
  const idOf = (command: string) => command.replace(/^orchestra /, '').replaceAll(' ', ':');
  const named = commands.filter(({ command }) => /^orchestra [a-z]+(?: [a-z]+){0,2}$/.test(command));
  const typed = commands.filter((one) => !named.includes(one));

  test('is a command or a group of commands, where only its name is told', () => {
    const ids = Object.keys(COMMAND_FILES);
    const known = (command: string) =>
      ids.some(
        (id) => idOf(command) === id || idOf(command).startsWith(`${id}:`) || id.startsWith(`${idOf(command)}:`),
      );
    expect(named.filter(({ command }) => !known(command))).toEqual([]);
  });

  test.each(typed)('$command', async ({ command }) => {
    const folder = await commandFolder();
    const {
      ids: [id = ''],
    } = await running.client.enqueue({ repo: 'shop', agent_id: 'skeptic', skill: 'nobody-does-this' });
    // Whatever the commands of earlier documents have left.
    const skeptic = { scope_kind: 'agent', scope_value: 'skeptic' } as const;
    if (/\bunpause\b/.test(command)) await running.client.pause({ ...skeptic, reason: 'documented' });
    else await running.client.unpause(skeptic);
    const line = command
      .replaceAll(/\bID\b|<id>/g, id)
      .replaceAll(/\bREPO\b/g, 'shop')
      .replaceAll('…', 'why');
    if (GOES_ON.test(line)) {
      const child = spawn('bash', ['-c', line], {
        cwd: folder,
        env: environment(folder, running.env),
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (bytes) => {
          output += String(bytes);
        });
      onTestFinished(() => {
        if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      });
      // Three lines for `| head -3`, each of which a new pause brings.
      await until(
        `${line} says something, or ends`,
        async () => {
          await running.client.pause({ scope_kind: 'agent', scope_value: 'followed', reason: 'documented' });
          return output !== '' || child.exitCode !== null;
        },
        60_000,
      );
      expect(child.exitCode ?? 0, output).toBe(0);
      return;
    }
    const { code, output } = await sh(line, folder, running.env);
    // A command within a sentence may leave out what it works on. It has to say so.
    if (code === 2 && INCOMPLETE.test(output)) return;
    expect(code, output).toBe(ENDS[command] ?? 0);
  });
});

/** The pnpm that runs this test, a program or a script, or the one that npx brings. */
function pnpm(): string {
  const running = process.env['npm_execpath'];
  if (running === undefined || !/[/\\]pnpm(?:\.[cm]?js)?$/.test(running)) return 'npx --yes pnpm';
  return running.endsWith('js') ? `"${process.execPath}" "${running}"` : `"${running}"`;
}

/**
 * How npm reaches its registry. Without these npx waits for it in vain, and keeps every other npx of this user waiting.
 */
const OF_NPM = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^npm_config_|^NODE_EXTRA_CA_CERTS$/i.test(name)),
);

function environment(folder: string, env: Record<string, string>): NodeJS.ProcessEnv {
  return {
    ...OF_NPM,
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    HOME: process.env['HOME'] ?? folder,
    NO_COLOR: '1',
    ...env,
  };
}

async function sh(
  line: string,
  cwd: string,
  env: Record<string, string> = {},
): Promise<{ code: number | null; output: string; stdout: string }> {
  const child = spawn('bash', ['-c', line], { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: environment(cwd, env) });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, output: stdout + stderr };
}
