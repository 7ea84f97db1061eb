import type { Skill } from '../skill.ts';
import { commentClassifier } from './comment-classifier.ts';
import { debate } from './debate.ts';
import { integritySweeper } from './integrity-sweeper.ts';
import { linkCheck } from './link-check.ts';

export const SKILL_NAMES = ['integrity_sweeper', 'link_check', 'comment_classifier', 'debate'] as const;
export type SkillName = (typeof SKILL_NAMES)[number];

export const SKILLS: Readonly<Record<SkillName, Skill>> = {
  integrity_sweeper: integritySweeper,
  link_check: linkCheck,
  comment_classifier: commentClassifier,
  debate,
};
