import { interrupt } from '@langchain/langgraph';
import type { Brake } from '../brake.ts';
import { prepareLabels, type BrakeLabels } from '../brake-labels.ts';
import { refusal } from '../refusal.ts';

/** The value of the interrupt of a node that was not entered. */
export interface PausedInterrupt {
  orchestra: 'paused' | 'unknown';
  reason: string;
  pause_id: string | null;
}

/**
 * A gate before a node: `graph.addNode('think', brakeNode(brake, { agent_id, skill: 'think' }, think))`. While it is
 * paused the run stops with an interrupt before the node, and the place stays in the checkpoint. `new Command({ resume:
 * true })` asks again: it is held again until the pause is over.
 *
 * @param labels a function is given the state and the config of the node
 */
export function brakeNode<S, C, R>(
  brake: Pick<Brake, 'gate'>,
  labels: BrakeLabels | ((state: S, config: C) => BrakeLabels),
  node: (state: S, config: C) => R | Promise<R>,
): (state: S, config: C) => Promise<R> {
  const given = typeof labels === 'function' ? labels : prepareLabels(labels);
  return async (state, config) => {
    const asked = typeof given === 'function' ? given(state, config) : given;
    for (;;) {
      const refused = await refusal(brake, asked);
      if (refused === undefined) return node(state, config);
      // Throws, until the run is resumed; then it asks again.
      interrupt({
        orchestra: refused.code,
        reason: refused.reason,
        pause_id: refused.pause?.id ?? null,
      } satisfies PausedInterrupt);
    }
  };
}
