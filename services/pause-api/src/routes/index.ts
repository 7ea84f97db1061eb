import type { Database } from '@orchestra/database';
import { operatorRoutes, type QueueRules } from '@orchestra/operator-routes';
import type { AlertmanagerLabels, PauseReplica } from '@orchestra/pause-core';
import type { NoticeTarget } from '@orchestra/notices';
import type { Route } from '@orchestra/service-shell';
import type { EventStreams } from '../event-stream.ts';
import type { GateReports } from '../gate-reports.ts';
import type { PauseMetrics } from '../pause-metrics.ts';
import { activeRoute } from './active.ts';
import { alertmanagerRoute } from './alertmanager.ts';
import { alertRoutes } from './alerts.ts';
import { claudeCodeRoute } from './claude-code.ts';
import { checkRoute } from './check.ts';
import { eventsRoute } from './events.ts';
import { extendRoute } from './extend.ts';
import { noticeRoutes } from './notices.ts';
import { pauseRoute } from './pause.ts';
import { historyRoute } from './history.ts';
import { pausePageRoute } from './pause-page.ts';
import { pausesRoute } from './pauses.ts';
import { releaseRoute } from './release.ts';
import { verifyRoute } from './verify.ts';
import { triageRoutes } from './triage.ts';
import { turnGateRoutes } from './turn-gates.ts';
import { unpauseRoute } from './unpause.ts';

export interface RouteDependencies {
  /** For pausing and clearing. */
  brake: Database;
  /** For everything else. */
  db: Database;
  replica: PauseReplica;
  streams: EventStreams;
  gateReports: GateReports;
  metrics: PauseMetrics;
  settleTimeoutMs: number | undefined;
  /** Absent: the usual names. */
  alertmanager?: AlertmanagerLabels | undefined;
  /** Absent: none are configured. */
  notices?: readonly NoticeTarget[] | undefined;
  /** Absent: as without any setting. */
  queue?: QueueRules | undefined;
}

/** Every call of this service. */
export function makeRoutes(dependencies: RouteDependencies): Route[] {
  return [
    pauseRoute(dependencies),
    unpauseRoute(dependencies),
    extendRoute(dependencies),
    releaseRoute(dependencies),
    pausesRoute(dependencies),
    activeRoute(dependencies),
    checkRoute(dependencies),
    // Behind those whose last word it would take for an id.
    pausePageRoute(dependencies),
    ...triageRoutes(dependencies),
    verifyRoute(dependencies),
    historyRoute(dependencies),
    eventsRoute(dependencies),
    ...alertRoutes(dependencies),
    alertmanagerRoute(dependencies),
    ...noticeRoutes(dependencies),
    ...turnGateRoutes(dependencies),
    claudeCodeRoute(dependencies),
    ...operatorRoutes({ db: dependencies.db, rules: dependencies.queue }),
  ];
}
