import { sleep } from '@orchestra/timing';
import type { Database } from '@orchestra/database';
import type { FaultyProcess } from './faulty-process.ts';
import type { Fleet, Link } from './fleet.ts';
import type { PlannedFault } from './plan.ts';
import { takeConnections } from './take-connections.ts';

export const FAULT_KINDS = [
  'kill service',
  'kill worker',
  'kill every worker',
  'freeze service',
  'freeze worker',
  'cut link',
  'refuse link',
  'blackhole link',
  'refuse bells',
  'blackhole bells',
  'refuse database',
  'blackhole database',
  'end backends',
  'crash postgres',
  'shift clock',
  'read-only',
  'take connections',
  'fill disk',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What faults can hit, by name, as a `Fleet` has it. */
export interface Targets {
  services: readonly { name: string }[];
  workers: readonly { name: string }[];
  links: readonly Pick<Link, 'name' | 'kind'>[];
  /** Absent: there is none that can be filled. */
  disk: object | undefined;
}

/** Which of the fleet's parts a fault of this kind can hit; the plan names one of them. */
export function targetsOf(kind: FaultKind, fleet: Targets): readonly string[] {
  switch (kind) {
    case 'kill service':
    case 'freeze service':
    case 'shift clock':
      return fleet.services.map(nameOf);
    case 'kill worker':
    case 'freeze worker':
      return fleet.workers.map(nameOf);
    case 'kill every worker':
      return ['every worker'];
    case 'cut link':
    case 'refuse link':
    case 'blackhole link':
      return fleet.links.map(nameOf);
    case 'refuse bells':
    case 'blackhole bells':
      return fleet.links.filter((link) => link.kind === 'bells').map(nameOf);
    case 'refuse database':
    case 'blackhole database':
      return fleet.links.filter((link) => link.kind === 'database').map(nameOf);
    case 'end backends':
    case 'crash postgres':
    case 'read-only':
    case 'take connections':
      return ['postgres'];
    case 'fill disk':
      return fleet.disk === undefined ? [] : ['postgres'];
  }
}

/**
 * Brings one fault about, lets it last, and takes it back: at its time, or as soon as the run is over. A process that
 * it killed is started again.
 */
export async function inflict(fault: PlannedFault, fleet: Fleet, over: AbortSignal): Promise<void> {
  // Over: it lasts no longer
  const last = async (): Promise<void> => void (await sleep(fault.lastsMs, over));
  switch (fault.kind) {
    case 'kill service':
    case 'kill worker':
      return killAndRestart([processOf(fleet, fault.target)], last);
    case 'kill every worker':
      return killAndRestart(fleet.workers, last);
    case 'freeze service':
    case 'freeze worker': {
      const frozen = processOf(fleet, fault.target);
      frozen.freeze();
      await last();
      return frozen.thaw();
    }
    case 'cut link':
      return linkOf(fleet, fault.target).proxy.cut();
    case 'refuse link':
    case 'refuse bells':
    case 'refuse database': {
      const { proxy } = linkOf(fleet, fault.target);
      proxy.refuse();
      await last();
      return proxy.pass();
    }
    case 'blackhole link':
    case 'blackhole bells':
    case 'blackhole database': {
      const { proxy } = linkOf(fleet, fault.target);
      proxy.blackhole();
      await last();
      return proxy.pass();
    }
    case 'end backends':
      await fleet.witness.query(
        `select pg_terminate_backend(a.pid)
           from pg_stat_activity a
          where a.pid <> pg_backend_pid()
            and a.application_name like $1`,
        ['orchestra %'],
      );
      return;
    case 'crash postgres':
      await fleet.postgres.crash(fault.variant === 0 ? 'SIGKILL' : 'SIGQUIT');
      await last();
      return fleet.postgres.restart();
    case 'read-only':
      await setReadOnly(fleet.witness, true);
      await last();
      return setReadOnly(fleet.witness, false);
    case 'take connections':
      return takeConnections(fleet.servicesUrl, last());
    case 'fill disk':
      await fleet.disk?.fill();
      await last();
      return fleet.disk?.empty();
    case 'shift clock':
      // Stays wrong until the process ends or the run is over.
      return processOf(fleet, fault.target).shiftClock(fault.variant === 0 ? -2 * 3_600_000 : 2 * 3_600_000);
  }
}

/** What the server lets sessions do from now on, those that are open as well. Allowed while it is read-only. */
export async function setReadOnly(witness: Database, on: boolean): Promise<void> {
  await witness.query(
    on ? "alter system set default_transaction_read_only to 'on'" : 'alter system reset default_transaction_read_only',
  );
  await witness.query('select pg_reload_conf()');
}

async function killAndRestart(processes: readonly FaultyProcess[], last: () => Promise<void>): Promise<void> {
  await Promise.all(processes.map((one) => one.kill()));
  await last();
  await Promise.all(processes.map((one) => one.start({ ready: false })));
}

const nameOf = (one: { name: string }): string => one.name;

function processOf(fleet: Fleet, name: string): FaultyProcess {
  const found = [...fleet.services, ...fleet.workers].find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no process ${name}`);
  return found;
}

function linkOf(fleet: Fleet, name: string): Link {
  const found = fleet.links.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no link ${name}`);
  return found;
}
