import type { ClaudeCodeAnswer } from '@orchestra/pause-core/contract';

/**
 * How Claude Code is told to stop, in the words that each kind of hook understands. `continue: false` alone lets the
 * tool of
 * `PreToolUse` run, and `deny` alone lets the turn go on: both are sent.
 */
export function refuseStep(event: string, reason: string): ClaudeCodeAnswer {
  const stop = { continue: false, stopReason: reason } as const;
  switch (event) {
    case 'PreToolUse':
      return {
        ...stop,
        hookSpecificOutput: { hookEventName: event, permissionDecision: 'deny', permissionDecisionReason: reason },
      };
    case 'UserPromptSubmit':
      return { ...stop, decision: 'block', reason };
    default:
      return stop;
  }
}

export const GO_ON: ClaudeCodeAnswer = {};
