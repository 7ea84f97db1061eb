// The documented requests of Claude Code's HTTP hooks. `packages/brake/test/claude-code.binary.test.ts` has the real
// program.
import { claudeCodeAnswer, type ClaudeCodeAnswer } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
let service: RunningService;
let dana: Caller;
let agent: Caller;

beforeAll(async () => {
  service = await startPauseApi(database.url);
  dana = caller(service.url, await newToken(database.pool, 'operator'));
  agent = caller(service.url, await newToken(database.pool, 'agent', 'claude'));
});
afterAll(() => service.stop());

const EVERY = {
  session_id: '7f3c9a12-0000',
  transcript_path: '/home/x/.claude/projects/p/7f.jsonl',
  cwd: '/home/x',
  permission_mode: 'default',
};
const TOOL = {
  ...EVERY,
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command: 'ls' },
  tool_use_id: 'toolu_1',
};
const PROMPT = { ...EVERY, hook_event_name: 'UserPromptSubmit', prompt: 'go on' };
const ask = async (body: object, headers: Record<string, string>): Promise<ClaudeCodeAnswer> => {
  const answer = await agent.post('/api/hooks/claude-code', body, headers);
  expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
  return claudeCodeAnswer.parse(answer.body);
};
const pausedAt = async (kind: string, value: string, check: () => Promise<ClaudeCodeAnswer>): Promise<void> => {
  await dana.pause(kind, value, { reason: 'runaway loop' });
  await until('the hook knows', async () => (await check()).continue === false);
};

test('a tool call of a paused agent is denied with the reason, and its turn ends; others go on', async () => {
  const skeptic = { 'x-orchestra-agent': 'skeptic' };
  expect(await ask(TOOL, skeptic)).toEqual({});
  await pausedAt('agent', 'skeptic', () => ask(TOOL, skeptic));
  expect(await ask(TOOL, skeptic)).toEqual({
    continue: false,
    stopReason: expect.stringContaining('runaway loop'),
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: expect.stringContaining('Paused by an operator: runaway loop. Do not retry'),
    },
  });
  expect(await ask(TOOL, { 'x-orchestra-agent': 'librarian' })).toEqual({});
});

test('a prompt is blocked before any model call; a subagent and what follows a tool end the turn', async () => {
  const headers = { 'x-orchestra-agent': 'poet' };
  await pausedAt('agent', 'poet', () => ask(PROMPT, headers));
  expect(await ask(PROMPT, headers)).toMatchObject({
    decision: 'block',
    reason: expect.stringContaining('runaway loop'),
    continue: false,
  });
  for (const event of ['SubagentStart', 'PostToolUse', 'SomethingNewer']) {
    expect([event, await ask({ ...EVERY, hook_event_name: event, agent_type: 'Explore' }, headers)]).toEqual([
      event,
      { continue: false, stopReason: expect.stringContaining('runaway loop') },
    ]);
  }
});

test('the tool is the skill, and the headers name quest and actor; a name beyond Latin-1 is read as UTF-8', async () => {
  await pausedAt('skill', 'mcp__web__fetch', () =>
    ask({ ...TOOL, tool_name: 'mcp__web__fetch' }, { 'x-orchestra-agent': 'a' }),
  );
  await pausedAt('quest', 'q-7', () => ask(TOOL, { 'x-orchestra-agent': 'a', 'x-orchestra-quest': 'q-7' }));
  await pausedAt('actor', 'acct-7', () => ask(PROMPT, { 'x-orchestra-actor': 'acct-7' }));
  const bytes = Buffer.from('współpraca').toString('latin1');
  await pausedAt('agent', 'współpraca', () => ask(PROMPT, { 'x-orchestra-agent': bytes }));
  expect(await ask(TOOL, { 'x-orchestra-agent': 'a' })).toEqual({});
});

test('what keeps it from judging is a refusal that says what to do: no label, a blank one, one that no pause can name', async () => {
  expect(await ask(PROMPT, {})).toMatchObject({
    decision: 'block',
    reason: expect.stringContaining('no label says whose step this is; send X-Orchestra-Agent'),
  });
  expect(await ask(TOOL, { 'x-orchestra-agent': '' })).toMatchObject({
    hookSpecificOutput: {
      permissionDecision: 'deny',
      permissionDecisionReason: expect.stringContaining('allowedEnvVars'),
    },
  });
  expect(await ask(TOOL, { 'x-orchestra-agent': 'x'.repeat(201) })).toMatchObject({ continue: false });
  // What is no hook at all is no step either.
  expect(problemOf(await agent.post('/api/hooks/claude-code', { tool_name: 'Bash' })).code).toBe('invalid_request');
});

test('a tool may have a long input: the text of a file that is written', async () => {
  expect(
    await ask(
      { ...TOOL, tool_name: 'Write', tool_input: { content: 'x'.repeat(1_000_000) } },
      { 'x-orchestra-agent': 'writer' },
    ),
  ).toEqual({});
  expect(
    problemOf(
      await agent.post(
        '/api/hooks/claude-code',
        { ...TOOL, tool_input: { content: 'x'.repeat(9_000_000) } },
        { 'x-orchestra-agent': 'writer' },
      ),
    ).code,
  ).toBe('body_too_large');
});

test('what a hook has refused is counted by session', async () => {
  const { id } = await dana.pause('agent', 'counted');
  const headers = { 'x-orchestra-agent': 'counted' };
  await until('the hook knows', async () => (await ask(PROMPT, headers)).decision === 'block');
  const page = async () =>
    (
      await dana.get<{ gates: { refused: number; refusals: { gate: string; by: string; agent_id: string }[] } }>(
        `/api/senate/pauses/${id}`,
      )
    ).body;
  await until('it is counted', async () => (await page()).gates.refused > 0);
  expect((await page()).gates.refusals).toMatchObject([
    { gate: 'claude-code counted 7f3c9a12', by: 'claude', agent_id: 'counted' },
  ]);
});
