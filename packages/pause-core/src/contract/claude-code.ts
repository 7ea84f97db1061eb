import { z } from 'zod';

/** What Claude Code sends to an HTTP hook, as far as it matters here. https://code.claude.com/docs/en/hooks */
export const claudeCodeHook = z
  .looseObject({
    hook_event_name: z.string().min(1).max(100),
    session_id: z.string().max(200).optional(),
    tool_name: z.string().max(1_000).optional(),
  })
  .meta({ id: 'ClaudeCodeHook' });

/** What it is answered. `{}`: go on. */
export const claudeCodeAnswer = z
  .strictObject({
    continue: z.literal(false).optional().describe('ends the turn; on its own it lets a tool run'),
    stopReason: z.string().optional().describe('shown to the person'),
    decision: z.literal('block').optional(),
    reason: z.string().optional(),
    hookSpecificOutput: z
      .strictObject({
        hookEventName: z.literal('PreToolUse'),
        permissionDecision: z.literal('deny'),
        permissionDecisionReason: z.string(),
      })
      .optional(),
  })
  .meta({ id: 'ClaudeCodeAnswer' });

export type ClaudeCodeAnswer = z.infer<typeof claudeCodeAnswer>;
