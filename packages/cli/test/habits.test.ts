// What holds for every command: profiles, completion, the document that lists them.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { commandRows } from './command-rows.ts';
import { loadCommands } from '../src/commands.ts';
import { EXIT } from '../src/failure.ts';
import { ROOT } from './document.ts';
import { orchestra, RUN, temporaryFolder } from './orchestra.ts';

vi.setConfig({ testTimeout: 180_000 });

test('docs/cli.md lists every command as the command itself tells it, and every exit code', async () => {
  const document = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');
  expect([...document.matchAll(/^\| `orchestra .*$/gm)].map(([row]) => row)).toEqual(await commandRows());
  expect([...document.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))).toEqual(Object.values(EXIT));
});

test('a reader that has gone ends a command quietly, help included', async () => {
  for (const args of [
    ['senate', 'extend', '--help'],
    ['--help'],
    ['help', 'task'],
    ['completion', 'bash'],
    ['senate', 'pauses', '--nothing'],
  ]) {
    const child = spawn(process.execPath, [RUN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect([args, code, said]).toEqual([
      args,
      args.includes('--nothing') ? 2 : 0,
      args.includes('--nothing') ? expect.stringContaining('--nothing') : '',
    ]);
  }
});

test('bash completes commands, flags, fixed values and files', async () => {
  const { stdout: script, code } = await orchestra(['completion', 'bash']);
  expect(code).toBe(0);
  const complete = (...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        `${script}\norchestra() { [[ "$*" == 'completion labels agent' ]] && printf 'skeptic\\nscribe\\nan ` +
          `odd one\\n'; }\nCOMP_WORDS=(orchestra "$@"); COMP_CWORD=$#; _orchestra; printf '%s\\n' ` +
          `"\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { encoding: 'utf8', cwd: ROOT },
    )
      .trim()
      .split('\n');
  expect(complete('sen')).toEqual(['senate']);
  expect(complete('senate', 'pau')).toEqual(['pause', 'pauses']);
  expect(complete('senate', 'pause', '')).toEqual(['agent', 'skill', 'quest', 'actor', 'fleet']);
  expect(complete('senate', 'pause', 'agent', 'skeptic', '--wa')).toEqual(['--wait', '--wait-gates', '--wait-timeout']);
  expect(complete('senate', 'extend', '4', '--then', '')).toEqual(['resume', 'stay', 'probe']);
  expect(complete('queue', '')).toEqual(['labels']);
  expect(complete('profile', 'set', 'prod', '--token-file', 'README')).toEqual(['README.md']);
  // Labels in use, as the services list them.
  expect(complete('senate', 'pause', 'agent', 's')).toEqual(['skeptic', 'scribe']);
  expect(complete('task', 'list', '--agent', 'sk')).toEqual(['skeptic']);
  expect(complete('senate', 'release', 'agent', 'an')).toEqual(['an\\ odd\\ one']);
  expect(complete('senate', 'pause', 'skill', '')).toEqual(['']);
  // What the person types themselves.
  expect(complete('senate', 'pause', 'agent', 'skeptic', '--reason', '')).toEqual(['']);
});

test('zsh and fish are given every command and flag as well', async () => {
  const [zsh, fish] = await Promise.all(
    ['zsh', 'fish'].map(async (shell) => (await orchestra(['completion', shell])).stdout),
  );
  for (const row of await commandRows()) {
    const words = /`orchestra ([^`]*)`/.exec(row)?.[1] ?? 'none';
    expect(zsh).toContain(`"${words}"`);
    expect(fish).toContain(`'${words}'`);
  }
  expect(zsh).toContain("'--wait-timeout:");
  expect(fish).toContain('-l wait-timeout');
});

test('zsh and fish offer files for every flag that says it takes one', async () => {
  const [zsh, fish] = await Promise.all(
    ['zsh', 'fish'].map(async (shell) => (await orchestra(['completion', shell])).stdout),
  );
  const takingFiles = Object.entries(await loadCommands()).flatMap(([id, { flags }]) =>
    Object.entries(flags ?? {})
      .filter(([, flag]) => flag.type === 'option' && ['FILE', 'DIR'].includes(flag.helpValue?.toString() ?? ''))
      .map(([name]) => ({ words: id.replaceAll(':', ' '), name })),
  );
  expect(takingFiles.length).toBeGreaterThan(2);
  for (const { words, name } of takingFiles) {
    expect(zsh).toContain(`"${words}|--${name}") _files`);
    expect(fish).toMatch(new RegExp(`"${words}"' -l ${name} -r -F`));
  }
});

test('a profile is set, used, listed without its token, chosen by the command line, and removed', async () => {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json').end('{"pauses":[],"next_cursor":null}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run = (args: string[], input = '') =>
    orchestra(args, { cwd: path, input, env: { HOME: path, XDG_CONFIG_HOME: join(path, 'config') } });

  expect(await run(['profile', 'list'])).toMatchObject({ code: 0, stdout: 'no profiles\n' });
  expect(await run(['profile', 'set', 'prod', '--token', 'orc_typed', '--url', url])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('can be read by everybody on this machine'),
  });
  expect(
    await run(['profile', 'set', 'prod', '--url', url, '--token', '-', '--use', '--json'], 'orc_secret\n'),
  ).toMatchObject({ code: 0 });
  expect(await run(['senate', 'pauses'])).toMatchObject({ code: 0, stdout: 'nothing is paused\n' });
  expect(asked).toEqual(['Bearer orc_secret']);
  await run(['profile', 'set', 'test', '--url', url]);
  expect(await run(['senate', 'pauses', '--profile', 'test'])).toMatchObject({ code: 0 });
  expect(asked).toEqual(['Bearer orc_secret', undefined]);
  const listed = await run(['profile', 'list', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    profiles: [
      { name: 'prod', current: true, url, token: 'kept here' },
      { name: 'test', current: false, token: 'none' },
    ],
  });
  expect(listed.stdout + listed.stderr).not.toContain('orc_secret');
  // A token is not sent on to where it was not meant for.
  expect(await run(['profile', 'set', 'prod', '--url', 'http://127.0.0.1:9'])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('the token of this profile was dropped'),
  });
  expect(await run(['senate', 'pauses', '--profile', 'nowhere'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there are: prod, test'),
  });
  expect(await run(['profile', 'remove', 'prod'])).toMatchObject({
    code: 0,
    stdout: 'removed profile prod, which was in use: none is now\n',
  });
  expect(await run(['profile', 'use', 'prod'])).toMatchObject({ code: 2 });
});
