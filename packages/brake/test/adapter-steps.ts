// One step of an agent through each adapter, with the real library and a model that is none. Each tells whether the
// step began.
import { Annotation, END, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Agent, Runner, tool as agentTool, Usage, type Model, type ModelResponse } from '@openai/agents-core';
import { OpenFeature } from '@openfeature/server-sdk';
import { generateText, tool, wrapLanguageModel } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { createTask } from 'node-cron';
import { z } from 'zod';
import { brakeModel, brakeTools } from '../src/adapters/ai-sdk.ts';
import { brakeNode } from '../src/adapters/langgraph.ts';
import { brakeTool, brakeTransport } from '../src/adapters/mcp.ts';
import { brakeJob } from '../src/adapters/node-cron.ts';
import { brakeInput, brakeModelCalls, brakeToolInput } from '../src/adapters/openai-agents.ts';
import { brakeProvider } from '../src/adapters/openfeature.ts';
import type { Brake } from '../src/index.ts';

/** Takes a step under these labels. @returns whether it began */
export type Step = (brake: Brake, agent_id: string) => Promise<boolean>;

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** A model of the AI SDK that asks for a tool, or answers. */
function aiModel(asksForTool: boolean): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async () =>
      asksForTool
        ? {
            content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'search', input: '{}' }],
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
  });
}

/** A model of OpenAI Agents that asks for a tool until it has its result. */
class AgentModel implements Model {
  calls = 0;
  async getResponse({ input }: Parameters<Model['getResponse']>[0]): Promise<ModelResponse> {
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

const runner = (brake: Brake, filtered: boolean): Runner =>
  new Runner({ tracingDisabled: true, ...(filtered ? { callModelInputFilter: brakeModelCalls(brake) } : {}) });
/** How a step that is refused ends is the adapter's own test. */
const whatever = (): undefined => undefined;

export const STEPS: Readonly<Record<string, Step>> = {
  'AI SDK, a model call': async (brake, agent_id) => {
    const model = aiModel(false);
    await generateText({
      model: wrapLanguageModel({ model, middleware: brakeModel(brake, { agent_id }) }),
      prompt: 'go',
    }).catch(whatever);
    return model.doGenerateCalls.length > 0;
  },
  'AI SDK, a tool': async (brake, agent_id) => {
    let began = false;
    const tools = brakeTools(
      brake,
      { agent_id },
      {
        search: tool({
          inputSchema: z.object({}),
          execute: async () => {
            began = true;
            return 'found';
          },
        }),
      },
    );
    await generateText({ model: aiModel(true), tools, prompt: 'go' });
    return began;
  },
  'OpenAI Agents, a run': async (brake, name) => {
    const model = new AgentModel();
    await runner(brake, false)
      .run(new Agent({ name, model, inputGuardrails: [brakeInput(brake)] }), 'go')
      .catch(whatever);
    return model.calls > 0;
  },
  'OpenAI Agents, a model call': async (brake, name) => {
    const model = new AgentModel();
    await runner(brake, true).run(new Agent({ name, model }), 'go').catch(whatever);
    return model.calls > 0;
  },
  'OpenAI Agents, a tool': async (brake, name) => {
    let began = false;
    const search = agentTool({
      name: 'search',
      description: 'searches',
      parameters: z.object({}),
      inputGuardrails: [brakeToolInput(brake)],
      execute: async () => {
        began = true;
        return 'found';
      },
    });
    await runner(brake, false)
      .run(new Agent({ name, model: new AgentModel(), tools: [search] }), 'go')
      .catch(whatever);
    return began;
  },
  'LangGraph, a node': async (brake, agent_id) => {
    let began = false;
    const graph = new StateGraph(Annotation.Root({ n: Annotation<number>() }))
      .addNode(
        'a',
        brakeNode(brake, { agent_id }, () => {
          began = true;
          return { n: 1 };
        }),
      )
      .addEdge(START, 'a')
      .addEdge('a', END)
      .compile({ checkpointer: new MemorySaver() });
    await graph.invoke({ n: 0 }, { configurable: { thread_id: 't' } });
    return began;
  },
  'MCP, a server behind the transport': async (brake, agent_id) => {
    let began = false;
    const server = new McpServer({ name: 's', version: '1' });
    server.registerTool('fetch', {}, async () => {
      began = true;
      return { content: [] };
    });
    await callFetch(server, (inner) => brakeTransport(inner, { brake, labels: { agent_id } }));
    return began;
  },
  'MCP, a tool': async (brake, agent_id) => {
    let began = false;
    const server = new McpServer({ name: 's', version: '1' });
    server.registerTool(
      'fetch',
      {},
      brakeTool(brake, { agent_id }, async () => {
        began = true;
        return { content: [] };
      }),
    );
    await callFetch(server, (inner) => inner);
    return began;
  },
  'node-cron, a run': async (brake, agent_id) => {
    let began = false;
    const task = createTask(
      '0 3 * * *',
      brakeJob(brake, { agent_id }, () => {
        began = true;
      }),
    );
    await task.execute();
    await task.destroy();
    return began;
  },
};

/** It is no gate: what it says comes from memory, also where the brake is strict, and the default is the caller's. */
export async function mayBegin(brake: Brake, agent: string): Promise<boolean> {
  const domain = crypto.randomUUID();
  await OpenFeature.setProviderAndWait(domain, brakeProvider(brake));
  return OpenFeature.getClient(domain).getBooleanValue('may-begin', false, { targetingKey: agent });
}

async function callFetch(
  server: McpServer,
  wrap: (inner: InMemoryTransport) => Parameters<McpServer['connect']>[0],
): Promise<void> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'c', version: '1' });
  await server.connect(wrap(far));
  await client.connect(near);
  await client.callTool({ name: 'fetch' });
  await client.close();
}
