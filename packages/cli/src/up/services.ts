/**
 * The services with the programs that run them, in the order in which they stop last: the brake goes on working as
 * long as anything does.
 */
export const SERVICES = [
  { name: 'pause-api', entry: import.meta.resolve('@orchestra/pause-api/main'), portSetting: 'PAUSE_API_PORT' },
  {
    name: 'worker-claimer',
    entry: import.meta.resolve('@orchestra/worker-claimer/main'),
    portSetting: 'WORKER_CLAIMER_PORT',
  },
  {
    name: 'alert-cascade',
    entry: import.meta.resolve('@orchestra/alert-cascade/main'),
    portSetting: 'ALERT_CASCADE_PORT',
  },
] as const;

export type ServiceEntry = (typeof SERVICES)[number];
export type ServiceName = ServiceEntry['name'];
