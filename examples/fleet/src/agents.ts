import type { SkillName } from './skills/index.ts';

export const AGENT_NAMES = ['skeptic', 'librarian', 'scribe'] as const;
export type AgentName = (typeof AGENT_NAMES)[number];

/** Which skills an agent has, and for which quest it uses each. */
export const AGENTS: Readonly<
  Record<AgentName, { actor: string; quests: Readonly<Partial<Record<SkillName, string>>> }>
> = {
  // Doubts everything: the files themselves, and that the code has to be as it is.
  skeptic: { actor: 'acct-skeptic', quests: { integrity_sweeper: 'quest-integrity', debate: 'quest-debate' } },
  // Knows where everything is: the links between documents, and which document has grown too big.
  librarian: { actor: 'acct-librarian', quests: { link_check: 'quest-docs', debate: 'quest-debate' } },
  // Reads what others left undone.
  scribe: { actor: 'acct-scribe', quests: { comment_classifier: 'quest-comments' } },
};
