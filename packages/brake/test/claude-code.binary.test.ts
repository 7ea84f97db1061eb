// The real Claude Code with the settings file that we hand out, against a stub of the Messages API on loopback. The
// program comes from npm (380 MB):
// `.ci/run` installs it, and CLAUDE_CODE_PATH names it. Without it these tests say that they are left out.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { braked } from './braked.ts';
import { stubMessagesApi, type StubMessagesApi } from './stub-messages-api.ts';

const CLAUDE =
  process.env['CLAUDE_CODE_PATH'] ??
  fileURLToPath(
    new URL('../../../.cache/claude-code/node_modules/@anthropic-ai/claude-code-linux-x64/claude', import.meta.url),
  );
const SETTINGS = fileURLToPath(new URL('../../../examples/claude-code/settings.json', import.meta.url));

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });
if (!existsSync(CLAUDE))
  console.warn(
    `Claude Code is not at ${CLAUDE}: the tests of the real program are left out; npm install --prefix ` +
      '.cache/claude-code @anthropic-ai/claude-code brings it',
  );

describe.skipIf(!existsSync(CLAUDE))('Claude Code itself', () => {
  const stack = braked();
  let api: StubMessagesApi;
  let folder = '';
  let ran = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orchestra-claude-'));
    api = await stubMessagesApi(() => `touch ${join(folder, `ran-${++ran}`)}`);
  });
  afterAll(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** One prompt under this agent. @returns what it printed, how often the model was called, and whether the tool ran */
  async function prompt(
    agent: string,
    { url = stack.url, leaveOut = '' }: { url?: string; leaveOut?: string } = {},
  ): Promise<{ calls: number; toolRan: boolean; said: string }> {
    const settings = JSON.parse((await readFile(SETTINGS, 'utf8')).replaceAll('http://127.0.0.1:4400', url));
    if (leaveOut !== '') delete settings.hooks[leaveOut];
    const file = join(folder, `settings-${crypto.randomUUID()}.json`);
    await writeFile(file, JSON.stringify(settings));
    const before = api.calls;
    const child = spawn(
      CLAUDE,
      [
        '-p',
        'go',
        '--settings',
        file,
        '--allowedTools',
        'Bash',
        '--model',
        'claude-sonnet-4-5',
        '--output-format',
        'json',
      ],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: folder,
          ANTHROPIC_BASE_URL: api.url,
          ANTHROPIC_API_KEY: 'none',
          ORCHESTRA_AGENT: agent,
          ORCHESTRA_TOKEN: stack.token,
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          DISABLE_TELEMETRY: '1',
          // Nothing leaves this machine.
          HTTPS_PROXY: 'http://127.0.0.1:9',
          HTTP_PROXY: 'http://127.0.0.1:9',
          NO_PROXY: '127.0.0.1,localhost',
        },
      },
    );
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return {
      calls: api.calls - before,
      toolRan: ran > 0 && existsSync(join(folder, `ran-${ran}`)),
      said: stdout + stderr,
    };
  }

  test('nothing paused: the model is called twice, and the tool runs', async () => {
    expect(await prompt('free')).toMatchObject({ calls: 2, toolRan: true });
  });

  test('an agent that is paused gets no model call; without the hook of prompts its tool is not called, and the turn ends', async () => {
    await stack.operator.pause({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop' });
    const { calls, said } = await prompt('skeptic');
    expect([calls, said]).toEqual([0, expect.stringContaining('runaway loop')]);
    expect(await prompt('skeptic', { leaveOut: 'UserPromptSubmit' })).toMatchObject({ calls: 1, toolRan: false });
    await until('the refusals are counted', async () => (await stack.operator.pauses()).pauses.length === 1);
  });

  test('a tool that is paused is not called, whoever asks', async () => {
    await stack.operator.pause({ scope_kind: 'skill', scope_value: 'Bash', reason: 'no shells' });
    expect(await prompt('other')).toMatchObject({ calls: 1, toolRan: false });
    await stack.operator.unpause({ scope_kind: 'skill', scope_value: 'Bash' });
  });

  test('pause-api away, or no label: it closes', async () => {
    expect(await prompt('free', { url: 'http://127.0.0.1:9' })).toMatchObject({ calls: 0, toolRan: false });
    expect(await prompt('free', { url: 'http://127.0.0.1:9', leaveOut: 'UserPromptSubmit' })).toMatchObject({
      toolRan: false,
    });
    expect(await prompt('')).toMatchObject({ calls: 0, toolRan: false });
  });
});
