/** The services, in the order in which they stop last: the brake goes on working as long as anything does. */
export const SERVICES = [
  { name: 'pause-api', entry: '@orchestra/pause-api/main', portSetting: 'PAUSE_API_PORT' },
  { name: 'worker-claimer', entry: '@orchestra/worker-claimer/main', portSetting: 'WORKER_CLAIMER_PORT' },
  { name: 'alert-cascade', entry: '@orchestra/alert-cascade/main', portSetting: 'ALERT_CASCADE_PORT' },
] as const;

export type ServiceEntry = (typeof SERVICES)[number];
export type ServiceName = ServiceEntry['name'];
