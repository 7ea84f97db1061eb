import type { Command } from '@oclif/core';

/** Every command by its id, each in a file of its own, which is loaded when it is called. */
export const COMMAND_FILES: Readonly<Record<string, () => Promise<{ default: Command.Class }>>> = {
  attach: () => import('./commands/attach.ts'),
  'attach:check': () => import('./commands/attach/check.ts'),
  'attach:dbos': () => import('./commands/attach/dbos.ts'),
  'attach:graphile-worker': () => import('./commands/attach/graphile-worker.ts'),
  'attach:list': () => import('./commands/attach/list.ts'),
  'attach:pg-boss': () => import('./commands/attach/pg-boss.ts'),
  'attach:remove': () => import('./commands/attach/remove.ts'),
  'attach:why': () => import('./commands/attach/why.ts'),
  completion: () => import('./commands/completion.ts'),
  'completion:labels': () => import('./commands/completion/labels.ts'),
  'db:migrate': () => import('./commands/db/migrate.ts'),
  doctor: () => import('./commands/doctor.ts'),
  'gate:freeze': () => import('./commands/gate/freeze.ts'),
  'gate:limit': () => import('./commands/gate/limit.ts'),
  'gate:show': () => import('./commands/gate/show.ts'),
  'gate:thaw': () => import('./commands/gate/thaw.ts'),
  'mcp:gateway': () => import('./commands/mcp/gateway.ts'),
  'mcp:serve': () => import('./commands/mcp/serve.ts'),
  pause: async () => ({ default: (await import('./commands/short-forms.ts')).Pause }),
  'profile:list': () => import('./commands/profile/list.ts'),
  'profile:remove': () => import('./commands/profile/remove.ts'),
  'profile:set': () => import('./commands/profile/set.ts'),
  'profile:use': () => import('./commands/profile/use.ts'),
  queue: () => import('./commands/queue.ts'),
  'queue:labels': () => import('./commands/queue/labels.ts'),
  'senate:alerts': () => import('./commands/senate/alerts.ts'),
  'senate:alerts:ack': () => import('./commands/senate/alerts/ack.ts'),
  'senate:check': () => import('./commands/senate/check.ts'),
  'senate:extend': () => import('./commands/senate/extend.ts'),
  'senate:history': () => import('./commands/senate/history.ts'),
  'senate:notices': () => import('./commands/senate/notices.ts'),
  'senate:notices:resume': () => import('./commands/senate/notices/resume.ts'),
  'senate:pause': () => import('./commands/senate/pause.ts'),
  'senate:pauses': () => import('./commands/senate/pauses.ts'),
  'senate:release': () => import('./commands/senate/release.ts'),
  'senate:show': () => import('./commands/senate/show.ts'),
  'senate:triage': () => import('./commands/senate/triage.ts'),
  'senate:unpause': () => import('./commands/senate/unpause.ts'),
  'senate:watch': () => import('./commands/senate/watch.ts'),
  status: () => import('./commands/status.ts'),
  'task:add': () => import('./commands/task/add.ts'),
  'task:answer': () => import('./commands/task/answer.ts'),
  'task:cancel': () => import('./commands/task/cancel.ts'),
  'task:events': () => import('./commands/task/events.ts'),
  'task:list': () => import('./commands/task/list.ts'),
  'task:move': () => import('./commands/task/move.ts'),
  'task:park': () => import('./commands/task/park.ts'),
  'task:release': () => import('./commands/task/release.ts'),
  'task:retry': () => import('./commands/task/retry.ts'),
  'task:show': () => import('./commands/task/show.ts'),
  'task:stop': () => import('./commands/task/stop.ts'),
  'task:unpark': () => import('./commands/task/unpark.ts'),
  'task:why': () => import('./commands/task/why.ts'),
  'token:create': () => import('./commands/token/create.ts'),
  'token:list': () => import('./commands/token/list.ts'),
  'token:revoke': () => import('./commands/token/revoke.ts'),
  unpause: async () => ({ default: (await import('./commands/short-forms.ts')).Unpause }),
  up: () => import('./commands/up.ts'),
  why: async () => ({ default: (await import('./commands/short-forms.ts')).Why }),
  worker: () => import('./commands/worker.ts'),
};

/** Those commands; all of them unless named. */
export async function loadCommands(
  ids: readonly string[] = Object.keys(COMMAND_FILES),
): Promise<Record<string, Command.Class>> {
  const loaded = await Promise.all(ids.map(async (id) => [id, (await COMMAND_FILES[id]?.())?.default] as const));
  return Object.fromEntries(loaded.flatMap(([id, command]) => (command === undefined ? [] : [[id, command]])));
}

/** The one command that a command line calls; undefined: none, or help was asked for, which tells of all. */
export function calledCommand(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  if (own.includes('--help') || own.includes('-h')) return undefined;
  const flag = own.findIndex((word) => word.startsWith('-'));
  const words = flag === -1 ? own : own.slice(0, flag);
  for (let count = words.length; count > 0; count--) {
    const id = words.slice(0, count).join(':');
    if (Object.hasOwn(COMMAND_FILES, id)) return id;
  }
  return undefined;
}
