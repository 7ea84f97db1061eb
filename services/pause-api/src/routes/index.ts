import type { Database } from '@orchestra/database';
import type { PauseReplica } from '@orchestra/pause-core';
import type { Route } from '@orchestra/service-shell';
import type { EventStreams } from '../event-stream.ts';
import type { PauseMetrics } from '../pause-metrics.ts';
import { activeRoute } from './active.ts';
import { alertRoutes } from './alerts.ts';
import { checkRoute } from './check.ts';
import { eventsRoute } from './events.ts';
import { pauseRoute } from './pause.ts';
import { pausesRoute } from './pauses.ts';
import { unpauseRoute } from './unpause.ts';

export interface RouteDependencies {
  /** For pausing and clearing. */
  brake: Database;
  /** For everything else. */
  db: Database;
  replica: PauseReplica;
  streams: EventStreams;
  metrics: PauseMetrics;
  settleTimeoutMs: number | undefined;
}

/** Every call of this service. */
export function makeRoutes(dependencies: RouteDependencies): Route[] {
  return [
    pauseRoute(dependencies),
    unpauseRoute(dependencies),
    pausesRoute(dependencies),
    activeRoute(dependencies),
    checkRoute(dependencies),
    eventsRoute(dependencies),
    ...alertRoutes(dependencies),
  ];
}
