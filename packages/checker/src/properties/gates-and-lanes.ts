import type { Database } from '@orchestra/database';

interface TaskRow {
  id: number;
  repo: string | null;
  status: string;
  parked: boolean;
  in_line: boolean;
  begun: boolean;
  priority: number;
  agent_id: string | null;
  skill: string | null;
}
interface GateRow {
  repo: string;
  in_progress: number;
  waiting: number;
  between_stages: number;
  head_id: number | null;
  head_priority: number | null;
  agent_id: string | null;
  skill: string | null;
  head_has_begun: boolean;
}
type Gate = Omit<GateRow, 'repo'>;

const EMPTY: Gate = {
  in_progress: 0,
  waiting: 0,
  between_stages: 0,
  head_id: null,
  head_priority: null,
  agent_id: null,
  skill: null,
  head_has_begun: false,
};

/** What the gates of all repos have to say, by what their tasks are. */
export function gatesOf(tasks: readonly TaskRow[]): Map<string, Gate> {
  const byRepo = Map.groupBy(
    tasks.filter((task) => task.repo !== null && !task.parked),
    (task) => task.repo ?? '',
  );
  return new Map(
    [...byRepo].map(([repo, own]) => {
      const waiting = own
        .filter((task) => task.status === 'queued' && task.in_line)
        .toSorted((a, b) => Number(b.begun) - Number(a.begun) || a.priority - b.priority || a.id - b.id);
      const [head] = waiting;
      return [
        repo,
        {
          in_progress: own.filter((task) => task.status === 'running' || task.status === 'held').length,
          waiting: waiting.length,
          between_stages: waiting.filter((task) => task.begun).length,
          head_id: head?.id ?? null,
          head_priority: head?.priority ?? null,
          agent_id: head?.agent_id ?? null,
          skill: head?.skill ?? null,
          head_has_begun: head?.begun ?? false,
        },
      ];
    }),
  );
}

/**
 * Compares the gates that triggers keep with a recount, and looks for tasks that no search can find. Nothing may be
 * under way. @throws with what differs
 */
export async function compareGatesAndLanes(db: Database): Promise<void> {
  const { rows: tasks } = await db.query<TaskRow>(
    `select t.id::int as id, t.repo, t.status, t.paused_at is not null as parked, t.in_line,
            t.stage_since is not null as begun, t.priority, t.agent_id, t.skill
       from tasks t where t.status in ('queued', 'running', 'held')`,
  );
  const { rows: gates } = await db.query<GateRow>(
    `select g.repo, g.in_progress, g.waiting, g.between_stages, g.head_id::int as head_id, g.head_priority, g.agent_id,
            g.skill, g.head_has_begun
       from repo_gates g`,
  );
  const wanted = gatesOf(tasks);
  for (const { repo, ...gate } of gates) {
    const recounted = wanted.get(repo) ?? EMPTY;
    wanted.delete(repo);
    // A record's keys are its keys.
    const differing = (Object.keys(EMPTY) as (keyof Gate)[]).filter((key) => gate[key] !== recounted[key]);
    if (differing.length > 0)
      throw new Error(
        `the gate of repo ${repo} says ${JSON.stringify(gate)}, and its tasks ${JSON.stringify(recounted)}`,
      );
  }
  const missing = [...wanted].filter(([, gate]) => gate.waiting > 0 || gate.in_progress > 0);
  if (missing.length > 0) throw new Error(`there is no gate of ${missing.map(([repo]) => repo).join(', ')}`);
  const { rows: stranded } = await db.query(
    `select t.id, t.place, l.head from tasks t left join task_lanes l on l.id = t.lane_id
      where t.status = 'queued' and (l.id is null or l.head > t.place
                                     or l.key <> lane_key(t.priority, t.repo, t.agent_id, t.skill, t.quest_id,
                                                          t.actor_id))`,
  );
  if (stranded.length > 0) throw new Error(`no claim can find ${JSON.stringify(stranded.slice(0, 5))}`);
}
