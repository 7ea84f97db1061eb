import type { CallModelInputFilter, InputGuardrail, ToolInputGuardrailDefinition } from '@openai/agents-core';
import type { Brake } from '../brake.ts';
import type { BrakeLabels } from '../brake-labels.ts';
import type { PausedError } from '../paused-error.ts';
import { refusal } from '../refusal.ts';

type Gate = Pick<Brake, 'gate'>;

/** Unless given, the name of the agent is its `agent_id`. */
export type AgentLabels = BrakeLabels | ((agentName: string) => BrakeLabels);

/**
 * For `new Agent({ inputGuardrails: [brakeInput(brake)] })`: no model call of a run that begins while it is paused. The
 * run ends with
 * `InputGuardrailTripwireTriggered`.
 */
export function brakeInput(brake: Gate, labels?: AgentLabels): InputGuardrail {
  return {
    name: 'orchestra brake',
    runInParallel: false, // beside the model it would be too late
    execute: async ({ agent }) => {
      const refused = await refusal(brake, labelsOf(labels, agent.name));
      return { tripwireTriggered: refused !== undefined, outputInfo: refused === undefined ? null : toInfo(refused) };
    },
  };
}

/**
 * For `tool({ inputGuardrails: [brakeToolInput(brake)] })`: the tool is not called; its name is the skill. The run ends
 * with `ToolCallError`, whose
 * `error` is `ToolInputGuardrailTripwireTriggered`, and `run(agent, error.state)` goes on where it stopped.
 */
export function brakeToolInput(brake: Gate, labels?: AgentLabels): ToolInputGuardrailDefinition {
  return {
    type: 'tool_input',
    name: 'orchestra brake',
    run: async ({ agent, toolCall }) => {
      const refused = await refusal(brake, { skill: toolCall.name, ...labelsOf(labels, agent.name) });
      return refused === undefined
        ? { behavior: { type: 'allow' } }
        : { behavior: { type: 'throwException' }, outputInfo: toInfo(refused) };
    },
  };
}

/**
 * For `new Runner({ callModelInputFilter: brakeModelCalls(brake) })`: a gate before every model call of a run. @throws
 * PausedError
 */
export function brakeModelCalls(brake: Gate, labels?: AgentLabels): CallModelInputFilter {
  return async ({ agent, modelData }) => {
    await brake.gate(labelsOf(labels, agent.name));
    return modelData;
  };
}

function labelsOf(labels: AgentLabels | undefined, agentName: string): BrakeLabels {
  if (labels === undefined) return { agent_id: agentName };
  return typeof labels === 'function' ? labels(agentName) : labels;
}

function toInfo({ code, reason, pause }: PausedError): { code: string; reason: string; pause_id: string | null } {
  return { code, reason, pause_id: pause?.id ?? null };
}
