import type { LanguageModelMiddleware, ToolSet } from 'ai';
import type { Brake } from '../brake.ts';
import { prepareLabels, type BrakeLabels } from '../brake-labels.ts';

type Gate = Pick<Brake, 'gate'>;

/**
 * A gate before each model call: `wrapLanguageModel({ model, middleware: brakeModel(brake, labels) })`. PausedError is
 * not retried; the messages so far are the caller's.
 */
export function brakeModel(brake: Gate, labels: BrakeLabels): LanguageModelMiddleware {
  const asked = prepareLabels(labels);
  return {
    wrapGenerate: async ({ doGenerate }) => {
      await brake.gate(asked);
      return doGenerate();
    },
    wrapStream: async ({ doStream }) => {
      await brake.gate(asked);
      return doStream();
    },
  };
}

/**
 * The same tools with a gate before each call; the name of the tool is the skill. A call that is not made is a tool
 * error.
 */
export function brakeTools<T extends ToolSet>(brake: Gate, labels: BrakeLabels, tools: T): T {
  const braked: ToolSet = {};
  for (const [name, tool] of Object.entries(tools)) {
    const { execute } = tool;
    const asked = prepareLabels({ ...labels, skill: name });
    braked[name] = execute === undefined ? tool : { ...tool, execute: behindGate(execute, () => brake.gate(asked)) };
  }
  // Each has the type that it had: only what runs before it is new.
  return { ...tools, ...braked };
}

type Execute = NonNullable<ToolSet[string]['execute']>;

/** A tool that tells its results one by one goes on doing so. */
function behindGate(execute: Execute, gate: () => Promise<void>): Execute {
  if (execute.constructor.name === 'AsyncGeneratorFunction') {
    return async function* streamed(input: never, options: Parameters<Execute>[1]) {
      await gate();
      yield* execute(input, options) as AsyncIterable<unknown>;
    } as Execute;
  }
  return (async (input: never, options: Parameters<Execute>[1]) => {
    await gate();
    return execute(input, options);
  }) as Execute;
}
