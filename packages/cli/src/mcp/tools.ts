import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { ApiError, type Client } from '@orchestra-brake/client';
import {
  alertRequest,
  checkQuery,
  id,
  reason,
  scopeFields,
  ttlSeconds,
  type Permission,
} from '@orchestra/pause-core/contract';
import { z } from 'zod';

// The contract's own takes any JSON, which JSON Schema cannot say of it.
const details = z.record(z.string(), z.json()).optional().describe('what is known of it');

/**
 * The brake as tools of an MCP server, as far as the token's role goes: what it may not do is not offered. Clearing a
 * pause is an operator's.
 */
export function brakeServer(client: Client, permissions: readonly Permission[]): McpServer {
  const server = new McpServer(
    { name: 'orchestra', version: '1' },
    {
      instructions:
        'Orchestra is the emergency brake of a fleet of agents. A paused agent, skill, quest or actor starts ' +
        'nothing new. Never work around a pause.',
    },
  );
  const may = (permission: Permission): boolean => permissions.includes(permission);
  if (may('ask')) {
    server.registerTool(
      'check',
      {
        title: 'Is it paused?',
        description: 'Is work with these labels paused, and why? Give at least one label.',
        inputSchema: checkQuery.shape,
        annotations: { readOnlyHint: true },
      },
      (labels) => answered(() => client.check(labels)),
    );
  }
  if (may('read')) {
    server.registerTool(
      'pauses',
      {
        title: 'Active pauses',
        description: 'Every active pause, newest first, with what it holds.',
        inputSchema: {},
        annotations: { readOnlyHint: true },
      },
      () => answered(async () => ({ pauses: await client.allPauses() })),
    );
    server.registerTool(
      'why',
      {
        title: 'Why does a task not run?',
        description: 'What holds a task, what must go first, and when it could start.',
        inputSchema: { task_id: id },
        annotations: { readOnlyHint: true },
      },
      ({ task_id }) => answered(() => client.why(task_id)),
    );
  }
  if (may('post_alerts')) {
    server.registerTool(
      'alert',
      {
        title: 'Report an alert',
        description: 'Reports an alert about an actor. Three critical ones within five minutes pause it.',
        inputSchema: { ...alertRequest.shape, details },
      },
      (alert) => answered(() => client.recordAlert(alert)),
    );
  }
  if (may('pause')) {
    server.registerTool(
      'pause',
      {
        title: 'Pause',
        description:
          'Stops new work for one agent, skill, quest or actor, everywhere; with `also` only for what carries ' +
          'all labels; of the kind `fleet` (value `*`) for everything. What runs goes on to its end. Without ' +
          'ttl_seconds it lasts until an operator clears it.',
        inputSchema: { ...scopeFields, reason, ttl_seconds: ttlSeconds.optional() },
        annotations: { destructiveHint: true, idempotentHint: false },
      },
      (request) => answered(() => client.pause(request)),
    );
    server.registerTool(
      'unpause',
      {
        title: 'Clear a pause',
        description:
          'Clears every active pause on exactly one scope: an agent, skill, quest or actor, with `also` ' +
          'several labels, or the fleet. Only when an operator asks for it.',
        inputSchema: { ...scopeFields, reason: reason.optional() },
        annotations: { destructiveHint: true },
      },
      (request) => answered(() => client.unpause(request)),
    );
  }
  return server;
}

async function answered(call: () => Promise<object>): Promise<CallToolResult> {
  try {
    return { content: [{ type: 'text', text: JSON.stringify(await call(), null, 1) }] };
  } catch (error) {
    const told =
      error instanceof ApiError
        ? `${error.code}: ${error.message}`
        : error instanceof Error
          ? error.message
          : String(error);
    return { content: [{ type: 'text', text: told }], isError: true };
  }
}
