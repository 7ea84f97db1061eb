/** A scope and the labels of some work, as REST names them, and whether a pause on the one covers the other. */
export interface CoverCase {
  scope: {
    kind: 'fleet' | 'actor' | 'agent' | 'skill' | 'quest';
    value: string;
    also?: { actor?: string; agent?: string; skill?: string; quest?: string };
  };
  labels: { agent_id: string | null; skill: string | null; quest_id: string | null; actor_id: string | null };
  covered: boolean;
}

type Given = Partial<CoverCase['labels']>;

const NO_LABELS = { agent_id: null, skill: null, quest_id: null, actor_id: null };
const FULL = { agent_id: 'a', skill: 's', quest_id: 'q', actor_id: 'c' };
const on = (scope: CoverCase['scope'], covered: readonly Given[], free: readonly Given[]): CoverCase[] => [
  ...covered.map((labels) => ({ scope, labels: { ...NO_LABELS, ...labels }, covered: true })),
  ...free.map((labels) => ({ scope, labels: { ...NO_LABELS, ...labels }, covered: false })),
];

/**
 * The one table of what covers what. TypeScript, the claim, the policies of attached queues and the turn gates are each
 * held to it by a test of their own.
 */
export const COVER_CASES: readonly CoverCase[] = [
  ...on({ kind: 'fleet', value: '*' }, [{}, FULL, { agent_id: 'a' }, { skill: 's' }, { agent_id: '*' }], []),
  ...on(
    { kind: 'agent', value: 'a' },
    [{ agent_id: 'a' }, FULL],
    [{}, { agent_id: 'b' }, { skill: 'a' }, { quest_id: 'a' }, { actor_id: 'a' }, { agent_id: '*' }],
  ),
  ...on({ kind: 'skill', value: 's' }, [{ skill: 's' }, FULL], [{}, { skill: 't' }, { agent_id: 's' }]),
  ...on({ kind: 'quest', value: 'q' }, [{ quest_id: 'q' }, FULL], [{}, { quest_id: 'r' }, { agent_id: 'q' }]),
  ...on({ kind: 'actor', value: 'c' }, [{ actor_id: 'c' }, FULL], [{}, { actor_id: 'd' }, { agent_id: 'c' }]),
  // `*` is an ordinary label but for the fleet.
  ...on({ kind: 'agent', value: '*' }, [{ agent_id: '*' }], [{}, FULL, { skill: '*' }]),
  ...on(
    { kind: 'agent', value: 'a', also: { quest: 'q' } },
    [{ agent_id: 'a', quest_id: 'q' }, FULL],
    [
      {},
      { agent_id: 'a' },
      { quest_id: 'q' },
      { agent_id: 'a', quest_id: 'r' },
      { agent_id: 'b', quest_id: 'q' },
      { agent_id: 'q', quest_id: 'a' },
    ],
  ),
  // The order in which labels are named does not matter.
  ...on(
    { kind: 'quest', value: 'q', also: { agent: 'a' } },
    [{ agent_id: 'a', quest_id: 'q' }, FULL],
    [{ agent_id: 'a' }, { quest_id: 'q' }],
  ),
  ...on(
    { kind: 'skill', value: 's', also: { actor: 'c' } },
    [{ skill: 's', actor_id: 'c' }, FULL],
    [{ skill: 's' }, { actor_id: 'c' }, { skill: 'c', actor_id: 's' }],
  ),
  ...on(
    { kind: 'agent', value: 'a', also: { skill: 's', quest: 'q' } },
    [FULL, { ...FULL, actor_id: null }],
    [
      { agent_id: 'a', skill: 's' },
      { skill: 's', quest_id: 'q' },
      { ...FULL, skill: 't' },
    ],
  ),
  ...on(
    { kind: 'actor', value: 'c', also: { agent: 'a', skill: 's', quest: 'q' } },
    [FULL],
    [{ ...FULL, quest_id: null }, { ...FULL, actor_id: 'd' }, { ...FULL, agent_id: 'b' }, {}],
  ),
];
