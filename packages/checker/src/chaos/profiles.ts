import type { FaultKind } from './faults.ts';
import type { Surroundings } from './surroundings.ts';

export const PROFILE_NAMES = [
  'uniform',
  'zombie',
  'blink',
  'split',
  'storm',
  'calm-end',
  'pooler',
  'plain-role',
  'other-settings',
  'foreign',
  'read-only',
  'few-connections',
  'full-disk',
  'ailing',
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** What goes wrong how often, and what the work is like meanwhile. Ranges are `[least, most]`, both included. */
export interface Profile {
  says: string;
  /** How often each fault is drawn, against the others; absent: never. */
  weights: Partial<Record<FaultKind, number>>;
  /** Drawn once in any case, so that a short run proves it too. */
  always: readonly FaultKind[];
  /** Between the beginnings of two faults. */
  gapMs: readonly [number, number];
  /** How long a fault lasts, where that is a matter of choice. */
  lastsMs: readonly [number, number];
  /** The same, for some faults otherwise. A multiple of the lease where `leases` says so. */
  lastsOtherwise?: Partial<
    Record<FaultKind, { ms: readonly [number, number] } | { leases: readonly [number, number] }>
  >;
  /** How long the body of a task works. */
  workMs: readonly [number, number];
  /** The part of the run in which faults begin; the rest is calm. */
  faultShare: number;
  /** Where the services run; absent: on a PostgreSQL of their own. */
  surroundings?: Surroundings;
}

const LONGER_THAN_LEASE = { leases: [1.2, 1.8] } as const;
const FREEZES = { 'freeze worker': LONGER_THAN_LEASE, 'freeze service': LONGER_THAN_LEASE } as const;

const INTERRUPTED = {
  weights: { 'cut link': 2, 'refuse database': 1, 'end backends': 2, 'kill service': 1 },
  always: ['end backends', 'cut link'],
  gapMs: [500, 1_500],
  lastsMs: [300, 1_500],
  workMs: [10, 250],
  faultShare: 1,
} as const;
const AILING = { gapMs: [1_500, 3_500], lastsMs: [500, 2_000], workMs: [10, 250], faultShare: 1 } as const;

const OTHER_SETTINGS = {
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kolkata',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  lock_timeout: '1ms',
  statement_timeout: '250ms',
};
// Of these the witness keeps some back; the services want more than the rest.
const FEW_CONNECTIONS = { max_connections: 60, superuser_reserved_connections: 10 };
const DISK_MIB = 128;

export const PROFILES: Record<ProfileName, Profile> = {
  uniform: {
    says: 'every fault, evenly',
    weights: {
      'kill service': 2,
      'kill worker': 2,
      'freeze worker': 2,
      'freeze service': 2,
      'cut link': 2,
      'refuse link': 2,
      'blackhole link': 2,
      'end backends': 1,
      'crash postgres': 1,
      'shift clock': 2,
    },
    always: ['crash postgres', 'shift clock', 'kill service'],
    gapMs: [300, 1_500],
    lastsMs: [300, 3_000],
    lastsOtherwise: { 'freeze worker': LONGER_THAN_LEASE },
    workMs: [10, 250],
    faultShare: 1,
  },
  zombie: {
    says: 'workers and services frozen for longer than the lease, with long work',
    weights: { 'freeze worker': 4, 'freeze service': 2, 'blackhole link': 1 },
    always: ['freeze worker', 'freeze worker', 'freeze service'],
    gapMs: [800, 2_000],
    lastsMs: [1_000, 3_000],
    lastsOtherwise: FREEZES,
    workMs: [100, 900],
    faultShare: 1,
  },
  blink: {
    says: 'many short interruptions of every connection',
    weights: { 'cut link': 4, 'refuse link': 3, 'blackhole link': 3, 'end backends': 1 },
    always: ['end backends'],
    gapMs: [50, 300],
    lastsMs: [50, 500],
    workMs: [10, 200],
    faultShare: 1,
  },
  split: {
    says: 'the listening connections only, then the claims only',
    weights: { 'refuse bells': 2, 'blackhole bells': 2, 'refuse database': 2, 'blackhole database': 2 },
    always: ['blackhole bells', 'blackhole database'],
    gapMs: [500, 1_500],
    lastsMs: [1_000, 5_000],
    workMs: [10, 250],
    faultShare: 1,
  },
  storm: {
    says: 'every worker killed at once while much is paused; services and the database with them',
    weights: { 'kill every worker': 3, 'kill service': 2, 'crash postgres': 1 },
    always: ['kill every worker', 'crash postgres', 'kill service'],
    gapMs: [1_000, 2_500],
    lastsMs: [100, 1_500],
    workMs: [50, 400],
    faultShare: 1,
  },
  'calm-end': {
    says: 'every fault, and none in the last part: everything has to come back by itself',
    weights: {
      'kill service': 2,
      'kill worker': 2,
      'freeze worker': 1,
      'freeze service': 1,
      'cut link': 2,
      'refuse link': 2,
      'blackhole link': 2,
      'end backends': 1,
      'crash postgres': 1,
      'shift clock': 2,
    },
    always: ['crash postgres', 'refuse bells', 'shift clock'],
    gapMs: [200, 1_000],
    lastsMs: [300, 2_000],
    workMs: [10, 250],
    faultShare: 0.6,
  },
  pooler: {
    says: 'services behind a pooler that shares sessions out',
    ...INTERRUPTED,
    surroundings: { pooler: true },
  },
  'plain-role': {
    says: 'services as a role that owns no table',
    ...INTERRUPTED,
    surroundings: { plainRole: true },
  },
  'other-settings': {
    says: 'a database whose sessions begin with other forms, another time zone and another isolation',
    ...INTERRUPTED,
    surroundings: { databaseSettings: OTHER_SETTINGS },
  },
  foreign: {
    says: 'a pooler, a role that owns nothing and other settings, all at once',
    ...INTERRUPTED,
    surroundings: { pooler: true, plainRole: true, databaseSettings: OTHER_SETTINGS },
  },
  'read-only': {
    says: 'a server that takes no changes for a while',
    weights: { 'read-only': 3, 'kill service': 1 },
    always: ['read-only'],
    ...AILING,
  },
  'few-connections': {
    says: 'a server that has no connection left for a while',
    weights: { 'take connections': 3, 'end backends': 1, 'kill service': 1 },
    always: ['take connections'],
    ...AILING,
    surroundings: { plainRole: true, postgresSettings: FEW_CONNECTIONS },
  },
  'full-disk': {
    says: 'a server whose disk is full for a while',
    weights: { 'fill disk': 3, 'kill service': 1 },
    always: ['fill disk'],
    ...AILING,
    surroundings: { diskMib: DISK_MIB },
  },
  ailing: {
    says: 'a server that is read-only, has no connection left, or has a full disk',
    weights: { 'read-only': 1, 'take connections': 1, 'fill disk': 1 },
    always: ['read-only', 'take connections', 'fill disk'],
    ...AILING,
    surroundings: { plainRole: true, diskMib: DISK_MIB, postgresSettings: FEW_CONNECTIONS },
  },
};
