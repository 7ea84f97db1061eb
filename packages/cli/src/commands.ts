import type { Command } from '@oclif/core';
import DbMigrate from './commands/db/migrate.ts';
import GateFreeze from './commands/gate/freeze.ts';
import GateLimit from './commands/gate/limit.ts';
import GateShow from './commands/gate/show.ts';
import GateThaw from './commands/gate/thaw.ts';
import Queue from './commands/queue.ts';
import SenateAlertsAck from './commands/senate/alerts/ack.ts';
import SenateAlerts from './commands/senate/alerts.ts';
import SenateCheck from './commands/senate/check.ts';
import SenatePause from './commands/senate/pause.ts';
import SenatePauses from './commands/senate/pauses.ts';
import SenateUnpause from './commands/senate/unpause.ts';
import TaskAdd from './commands/task/add.ts';
import TaskAnswer from './commands/task/answer.ts';
import TaskEvents from './commands/task/events.ts';
import TaskList from './commands/task/list.ts';
import TaskPark from './commands/task/park.ts';
import TaskShow from './commands/task/show.ts';
import TaskUnpark from './commands/task/unpark.ts';
import TokenCreate from './commands/token/create.ts';
import TokenList from './commands/token/list.ts';
import TokenRevoke from './commands/token/revoke.ts';
import Up from './commands/up.ts';
import Worker from './commands/worker.ts';

/** Every command by its id. Each loads what is heavy inside its run(), so that this list costs next to nothing. */
export const COMMANDS: Record<string, Command.Class> = {
  'db:migrate': DbMigrate,
  'gate:freeze': GateFreeze,
  'gate:limit': GateLimit,
  'gate:show': GateShow,
  'gate:thaw': GateThaw,
  queue: Queue,
  'senate:alerts': SenateAlerts,
  'senate:alerts:ack': SenateAlertsAck,
  'senate:check': SenateCheck,
  'senate:pause': SenatePause,
  'senate:pauses': SenatePauses,
  'senate:unpause': SenateUnpause,
  'task:add': TaskAdd,
  'task:answer': TaskAnswer,
  'task:events': TaskEvents,
  'task:list': TaskList,
  'task:park': TaskPark,
  'task:show': TaskShow,
  'task:unpark': TaskUnpark,
  'token:create': TokenCreate,
  'token:list': TokenList,
  'token:revoke': TokenRevoke,
  up: Up,
  worker: Worker,
};
