// Each adapter against the real library, with a model that is none: calls are counted before, during and after a pause.
import { Annotation, Command, END, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import {
  Agent,
  InputGuardrailTripwireTriggered,
  Runner,
  setTracingDisabled,
  tool as agentTool,
  ToolCallError,
  ToolInputGuardrailTripwireTriggered,
  Usage,
  type Model,
  type ModelRequest,
  type ModelResponse,
} from '@openai/agents-core';
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';
import { generateText, isStepCount, streamText, tool, wrapLanguageModel } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { createTask } from 'node-cron';
import { until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { brakeModel, brakeTools } from '../src/adapters/ai-sdk.ts';
import { brakeNode } from '../src/adapters/langgraph.ts';
import { brakeTool, brakeTransport } from '../src/adapters/mcp.ts';
import { brakeJob } from '../src/adapters/node-cron.ts';
import { brakeInput, brakeModelCalls, brakeToolInput } from '../src/adapters/openai-agents.ts';
import { brakeProvider } from '../src/adapters/openfeature.ts';
import { connectBrake, PausedError, type Brake } from '../src/index.ts';
import { braked } from './braked.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const stack = braked();
let brake: Brake;

beforeAll(async () => {
  brake = await connectBrake({ url: stack.url, token: stack.token });
});
afterAll(() => brake.close());

const pause = async (kind: 'agent' | 'skill', value: string): Promise<void> => {
  await stack.operator.pause({ scope_kind: kind, scope_value: value, reason: 'runaway loop' });
  await until('the brake knows', () => brake.look(kind === 'agent' ? { agent_id: value } : { skill: value }).paused);
};
const unpause = async (kind: 'agent' | 'skill', value: string): Promise<void> => {
  await stack.operator.unpause({ scope_kind: kind, scope_value: value });
  await brake.whenClear(kind === 'agent' ? { agent_id: value } : { skill: value });
};

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

test('AI SDK: no model call and no tool call while it is paused; what was called before is the caller’s', async () => {
  let asksForTool = true;
  const mock = new MockLanguageModelV4({
    doGenerate: async () =>
      asksForTool
        ? {
            content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'search', input: '{"q":"x"}' }],
            finishReason: { unified: 'tool-calls', raw: undefined },
            usage,
            warnings: [],
          }
        : {
            content: [{ type: 'text', text: 'done' }],
            finishReason: { unified: 'stop', raw: undefined },
            usage,
            warnings: [],
          },
    doStream: async () => ({ stream: new ReadableStream({ start: (controller) => controller.close() }) }),
  });
  const model = wrapLanguageModel({ model: mock, middleware: brakeModel(brake, { agent_id: 'sdk' }) });
  let searched = 0;
  const tools = brakeTools(
    brake,
    { agent_id: 'sdk' },
    {
      search: tool({
        inputSchema: z.object({ q: z.string() }),
        execute: async () => {
          searched += 1;
          asksForTool = false;
          return 'found';
        },
      }),
    },
  );
  const ask = () => generateText({ model, tools, stopWhen: isStepCount(3), prompt: 'go' });
  expect((await ask()).text).toBe('done');
  expect([mock.doGenerateCalls.length, searched]).toEqual([2, 1]);

  asksForTool = true;
  await pause('skill', 'search'); // the tool alone: the model is told that its call was not made
  const told = await generateText({ model, tools, stopWhen: isStepCount(1), prompt: 'go' });
  expect(told.content).toContainEqual(expect.objectContaining({ type: 'tool-error', error: expect.any(PausedError) }));
  expect([mock.doGenerateCalls.length, searched]).toEqual([3, 1]);
  await unpause('skill', 'search');

  await pause('agent', 'sdk');
  await expect(ask()).rejects.toThrow(PausedError);
  let streamError: unknown;
  for await (const _ of streamText({
    model,
    prompt: 'go',
    onError: ({ error }) => {
      streamError = error;
    },
  }).textStream)
    expect.unreachable('nothing is streamed');
  expect(streamError).toBeInstanceOf(PausedError);
  expect([mock.doGenerateCalls.length, mock.doStreamCalls.length, searched]).toEqual([3, 0, 1]); // and not retried
  await unpause('agent', 'sdk');
  asksForTool = false;
  expect((await ask()).text).toBe('done');
});

/** Asks for the tool once, and answers then. */
class StubModel implements Model {
  calls = 0;
  async getResponse({ input }: ModelRequest): Promise<ModelResponse> {
    this.calls += 1;
    const answered = typeof input !== 'string' && input.some((item) => item.type === 'function_call_result');
    return {
      usage: new Usage(),
      responseId: `r${this.calls}`,
      output: answered
        ? [
            {
              type: 'message',
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text: 'done' }],
            },
          ]
        : [{ type: 'function_call', callId: `c${this.calls}`, name: 'search', status: 'completed', arguments: '{}' }],
    };
  }
  getStreamedResponse(): AsyncIterable<never> {
    throw new Error('not streamed here');
  }
}

test('OpenAI Agents: a run that is paused makes no model call, a tool is not called, and the run goes on from its state', async () => {
  setTracingDisabled(true);
  const model = new StubModel();
  let searched = 0;
  const search = agentTool({
    name: 'search',
    description: 'searches',
    parameters: z.object({}),
    inputGuardrails: [brakeToolInput(brake)],
    execute: async () => {
      searched += 1;
      return 'found';
    },
  });
  const agent = new Agent({
    name: 'oai',
    instructions: 'go',
    model,
    tools: [search],
    inputGuardrails: [brakeInput(brake)],
  });
  const runner = new Runner({ tracingDisabled: true });
  expect((await runner.run(agent, 'go')).finalOutput).toBe('done');
  expect([model.calls, searched]).toEqual([2, 1]);

  await pause('agent', 'oai');
  await expect(runner.run(agent, 'go')).rejects.toBeInstanceOf(InputGuardrailTripwireTriggered);
  expect([model.calls, searched]).toEqual([2, 1]);
  await unpause('agent', 'oai');

  await pause('skill', 'search');
  const stopped = await runner.run(agent, 'go').catch((error: unknown) => error);
  if (
    !(stopped instanceof ToolCallError) ||
    stopped.state === undefined ||
    !(stopped.error instanceof ToolInputGuardrailTripwireTriggered)
  )
    throw new Error('the guardrail did not trip', { cause: stopped });
  expect(stopped.error.result.output.outputInfo).toMatchObject({ code: 'paused', reason: 'runaway loop' });
  expect([model.calls, searched]).toEqual([3, 1]);
  await unpause('skill', 'search');
  expect((await runner.run(agent, stopped.state)).finalOutput).toBe('done');
  // The turn starts again: its model call is made twice, the tool call once.
  expect([model.calls, searched]).toEqual([5, 2]);

  await pause('agent', 'oai');
  const plain = new Agent({ name: 'oai', model, tools: [search] });
  await expect(
    new Runner({ tracingDisabled: true, callModelInputFilter: brakeModelCalls(brake) }).run(plain, 'go'),
  ).rejects.toThrow('runaway loop');
  expect([model.calls, searched]).toEqual([5, 2]);
  await unpause('agent', 'oai');
});

test('LangGraph: a paused node is not entered, its place stays in the checkpoint, and resuming under the pause is held again', async () => {
  const State = Annotation.Root({ n: Annotation<number>() });
  const entered: string[] = [];
  const graph = new StateGraph(State)
    .addNode(
      'a',
      brakeNode(brake, { agent_id: 'lg', skill: 'a' }, (state: typeof State.State) => {
        entered.push('a');
        return { n: state.n + 1 };
      }),
    )
    .addNode(
      'b',
      brakeNode(brake, { agent_id: 'lg', skill: 'b' }, (state: typeof State.State) => {
        entered.push('b');
        return { n: state.n + 10 };
      }),
    )
    .addEdge(START, 'a')
    .addEdge('a', 'b')
    .addEdge('b', END)
    .compile({ checkpointer: new MemorySaver() });
  const config = { configurable: { thread_id: 't1' } };
  await pause('skill', 'b');
  const held = await graph.invoke({ n: 0 }, config);
  expect(held).toMatchObject({ n: 1, __interrupt__: [{ value: { orchestra: 'paused', reason: 'runaway loop' } }] });
  for (let again = 0; again < 2; again++)
    expect(await graph.invoke(new Command({ resume: true }), config)).toMatchObject({
      n: 1,
      __interrupt__: [{ value: { orchestra: 'paused' } }],
    });
  expect(entered).toEqual(['a']);
  await unpause('skill', 'b');
  expect(await graph.invoke(new Command({ resume: true }), config)).toMatchObject({ n: 11 });
  expect(entered).toEqual(['a', 'b']);
  expect(await graph.invoke({ n: 0 }, { configurable: { thread_id: 't2' } })).toMatchObject({ n: 11 });
});

test('MCP handlers: a tool of a paused agent is not called, and the model reads why; everything else passes', async () => {
  const called: string[] = [];
  const server = new McpServer({ name: 's', version: '1' });
  server.registerTool('fetch', { inputSchema: {} }, async () => {
    called.push('fetch');
    return { content: [{ type: 'text', text: 'fetched' }] };
  });
  server.registerTool(
    'wrapped',
    {},
    brakeTool(brake, { agent_id: 'mcp-two', skill: 'wrapped' }, async () => {
      called.push('wrapped');
      return { content: [] };
    }),
  );
  const [here, there] = InMemoryTransport.createLinkedPair();
  await server.connect(brakeTransport(there, { brake, labels: { agent_id: 'mcp' } }));
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(here);
  expect(await client.callTool({ name: 'fetch' })).toMatchObject({ content: [{ text: 'fetched' }] });
  await pause('agent', 'mcp');
  expect(await client.callTool({ name: 'fetch' })).toMatchObject({
    isError: true,
    content: [
      { text: expect.stringContaining('Paused by an operator: runaway loop. This call was not made. Do not retry it') },
    ],
  });
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['fetch', 'wrapped']);
  await unpause('agent', 'mcp');
  await pause('skill', 'fetch');
  expect(await client.callTool({ name: 'fetch' })).toMatchObject({ isError: true });
  await pause('agent', 'mcp-two');
  expect(await client.callTool({ name: 'wrapped' })).toMatchObject({ isError: true });
  expect(called).toEqual(['fetch']);
  await unpause('skill', 'fetch');
  await unpause('agent', 'mcp-two');
  await client.callTool({ name: 'fetch' });
  await client.callTool({ name: 'wrapped' });
  expect(called).toEqual(['fetch', 'fetch', 'wrapped']);
  await client.close();
});

test('MCP: a gate that cannot judge refuses, and a call that asks for no answer is dropped', async () => {
  const called: string[] = [];
  const server = new McpServer({ name: 's', version: '1' });
  server.registerTool('fetch', {}, async () => {
    called.push('fetch');
    return { content: [] };
  });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await server.connect(brakeTransport(there, { brake, labels: () => ({ agent_id: ' ' }) }));
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(here);
  expect(await client.callTool({ name: 'fetch' })).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('cannot judge the call: the label agent_id is blank') }],
  });
  expect(called).toEqual([]);
  await client.close();

  // Whatever server is behind: what reaches it is looked at here.
  const [near, far] = InMemoryTransport.createLinkedPair();
  const gate = brakeTransport(far, { brake, labels: () => ({ agent_id: ' ' }) });
  const reached: JSONRPCMessage[] = [];
  gate.onmessage = (message) => {
    reached.push(message);
  };
  await Promise.all([near.start(), gate.start()]);
  await near.send({ jsonrpc: '2.0', method: 'tools/call', params: { name: 'fetch' } });
  await near.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await until('what came after it is there', () => reached.length > 0);
  expect(reached).toEqual([{ jsonrpc: '2.0', method: 'notifications/initialized' }]);
  await near.close();
});

test('OpenFeature: a flag that follows the pauses; whatever it cannot say is the caller’s default', async () => {
  await OpenFeature.setProviderAndWait('orchestra', brakeProvider(brake));
  const flags = OpenFeature.getClient('orchestra');
  let changed = 0;
  flags.addHandler(ProviderEvents.ConfigurationChanged, () => {
    changed += 1;
  });
  const both = async (context: Record<string, string>) => [
    await flags.getBooleanValue('paused', true, context),
    await flags.getBooleanValue('may-begin', false, context),
  ];
  expect(await both({ targetingKey: 'flagged' })).toEqual([false, true]);
  await pause('agent', 'flagged');
  expect(await both({ targetingKey: 'flagged' })).toEqual([true, false]);
  expect((await flags.getBooleanDetails('paused', true, { targetingKey: 'flagged' })).flagMetadata).toMatchObject({
    reason: 'runaway loop',
  });
  await until('the change is told', () => changed > 0);
  // No label, another flag, another type: the default, which is open where the caller wrote it so.
  expect([
    await flags.getBooleanValue('paused', false),
    await flags.getBooleanValue('other', true, { targetingKey: 'a' }),
    await flags.getStringValue('paused', 'x', { targetingKey: 'a' }),
  ]).toEqual([false, true, 'x']);
  await unpause('agent', 'flagged');
  await OpenFeature.close();
});

test('node-cron: a run that is due while it is paused is left out, or waits; at most one waits', async () => {
  const ran: string[] = [];
  const skipped: string[] = [];
  const skipping = createTask(
    '0 3 * * *',
    brakeJob(
      brake,
      { skill: 'nightly' },
      () => {
        ran.push('skipping');
      },
      { onSkipped: ({ reason }) => skipped.push(reason) },
    ),
  );
  const waiting = createTask(
    '0 3 * * *',
    brakeJob(
      brake,
      { skill: 'nightly' },
      () => {
        ran.push('waiting');
      },
      { whenPaused: 'wait' },
    ),
  );
  await skipping.execute();
  await pause('skill', 'nightly');
  await skipping.execute();
  const held = [waiting.execute(), waiting.execute()];
  expect([ran, skipped]).toEqual([['skipping'], ['runaway loop']]);
  await unpause('skill', 'nightly');
  await Promise.all(held);
  expect(ran).toEqual(['skipping', 'waiting']);
  await skipping.destroy();
  await waiting.destroy();
});
