import { openApiDocument as describePauseApi } from '@orchestra/pause-api/openapi';
import { makeRoutes as pauseApiRoutes } from '@orchestra/pause-api/routes';
import { sessionRoutes } from '@orchestra/pause-api/session';
import type { OpenApiDocument, Route } from '@orchestra/service-shell';
import { DEFAULT_STAGE_RULES, LEASE_SECONDS } from '@orchestra/task-queue';
import { openApiDocument as describeWorkerClaimer } from '@orchestra/worker-claimer/openapi';
import { makeRoutes as workerClaimerRoutes } from '@orchestra/worker-claimer/routes';

export const DOCUMENTED_SERVICES = ['pause-api', 'worker-claimer'] as const;
export type DocumentedService = (typeof DOCUMENTED_SERVICES)[number];

// The routes are read here and never served, so what their handlers work with does not have to be there.
const nothing = {} as never;
const nobody = (): void => {};

/** The routes of each service, as it has them without any setting. */
export const ROUTES: Record<DocumentedService, readonly Route[]> = {
  'pause-api': [
    ...pauseApiRoutes({
      brake: nothing,
      db: nothing,
      replica: nothing,
      streams: nothing,
      gateReports: nothing,
      metrics: nothing,
      settleTimeoutMs: undefined,
    }),
    ...sessionRoutes({ authenticator: nothing }),
  ],
  'worker-claimer': workerClaimerRoutes({
    db: nothing,
    endings: nothing,
    place: nothing,
    room: nothing,
    metrics: nothing,
    kept: nothing,
    told: nobody,
    saw: nobody,
    onAdded: nobody,
    onOpened: nobody,
    leaseSeconds: LEASE_SECONDS,
    gatedRepos: null,
    autoParkRepos: null,
    questionRepos: null,
    rules: DEFAULT_STAGE_RULES,
    queue: {},
  }),
};

/** What `/openapi.json` of each service answers without any setting. */
export const DOCUMENTS: Record<DocumentedService, OpenApiDocument> = {
  'pause-api': describePauseApi(ROUTES['pause-api']),
  'worker-claimer': describeWorkerClaimer(ROUTES['worker-claimer']),
};
