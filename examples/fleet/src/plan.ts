import type { NewTask } from '@orchestra/task-queue/contract';
import { AGENTS, type AgentName } from './agents.ts';
import type { FileName } from './git/file-name.ts';
import { openRepository } from './git/repository.ts';
import { keyOf, listTracked, type TrackedFile } from './git/tracked-files.ts';
import { isMarkdown } from './markdown/is-markdown.ts';
import type { BatchPayload } from './payload.ts';
import type { SkillName } from './skills/index.ts';
import { commentSyntaxOf } from './source/comment-syntax.ts';

/** A task of the plan: always labelled, so that every kind of pause has something to say about it. */
export interface PlannedTask extends NewTask {
  agent_id: AgentName;
  skill: SkillName;
  quest_id: string;
  actor_id: string;
  payload: BatchPayload;
}

// Small batches where there are few files, so that there is enough to watch; large ones where there are many.
const TASKS_WANTED = 40;
const FILES_PER_TASK = 25;
const DEBATES_MAX = 100;

/**
 * The tasks of one sweep over a repository, in the order in which they are to stand. Every tracked file is in one
 * integrity task, every Markdown file in one for its links, every source file in one for its comments.
 *
 * @throws FleetError where there is no repository
 */
export async function planSweep(path: string, signal?: AbortSignal): Promise<PlannedTask[]> {
  const repository = await openRepository(path, signal);
  const all = [...(await listTracked(repository, signal)).values()];
  const texts = all.filter((file) => file.kind === 'file');
  const documents = texts.filter((file) => isMarkdown(keyOf(file.path)));
  const sources = texts.filter(
    (file) => !isMarkdown(keyOf(file.path)) && commentSyntaxOf(keyOf(file.path)) !== undefined,
  );

  const tasks = (agent: AgentName, skill: SkillName, batches: FileName[][]): PlannedTask[] =>
    batches.map((files) => ({
      agent_id: agent,
      skill,
      quest_id: AGENTS[agent].quests[skill] ?? `quest-${skill}`,
      actor_id: AGENTS[agent].actor,
      payload: { repo: repository.root, files },
    }));
  return alternate([
    tasks('skeptic', 'integrity_sweeper', inBatches(all)),
    tasks('skeptic', 'debate', oneByOne(sources)),
    tasks('librarian', 'link_check', inBatches(documents)),
    tasks('librarian', 'debate', oneByOne(documents)),
    tasks('scribe', 'comment_classifier', inBatches(sources)),
  ]);
}

function inBatches(files: readonly TrackedFile[]): FileName[][] {
  const size = Math.min(FILES_PER_TASK, Math.max(1, Math.ceil(files.length / TASKS_WANTED)));
  return Array.from({ length: Math.ceil(files.length / size) }, (_, at) =>
    files.slice(at * size, (at + 1) * size).map(({ name }) => name),
  );
}

/** Each file by itself; of more than a hundred, that many spread evenly. */
function oneByOne(files: readonly TrackedFile[]): FileName[][] {
  const count = Math.min(files.length, DEBATES_MAX);
  return Array.from({ length: count }, (_, at) => files[Math.floor((at * files.length) / count)]).flatMap((file) =>
    file === undefined ? [] : [[file.name]],
  );
}

/** One from each list in turn, until all are through. */
function alternate<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}
