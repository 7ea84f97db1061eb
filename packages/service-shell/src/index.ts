export { makeAuthenticator, type Authenticator, type AuthenticatorOptions } from './authenticate.ts';
export {
  ConfigError,
  fraction,
  portNumber,
  readSettings,
  wholeNumber,
  type Settings,
  type SettingValues,
} from './config.ts';
export { readCursor, toPage, type Page } from './cursor.ts';
export { FailedGuesses } from './failed-guesses.ts';
export { requireOurPage } from './from-our-page.ts';
export { type HealthCheck } from './health.ts';
export { makeApp, type AppOptions } from './http.ts';
export { listen, ListenError, type Listening } from './listen.ts';
export { makeLogger, withoutSecrets, type Logger } from './log.ts';
export { startLoop, type Loop, type LoopOptions } from './loop.ts';
export { makeMetrics, nameRoute, type Metrics } from './metrics.ts';
export { MigrateError, migrateAtStart } from './migrate-at-start.ts';
export { describeRoutes, type OpenApiDocument, type ServiceDescription } from './openapi.ts';
export { Parts, startParts } from './parts.ts';
export { problemCodesOf, UNLISTED_PROBLEMS } from './problem-codes.ts';
export { problemDocument, ProblemError, PROBLEMS, toProblemError, type OffendingField } from './problem.ts';
export { openRoute, route, streamRoute, type Call, type Route } from './route.ts';
export { runService, type RunningService, type ServiceProgram } from './run-service.ts';
export { endedSessionCookie, sessionCookie } from './session-cookie.ts';
export { Shares, type Place } from './shares.ts';
export { startTracing, type CallSpan, type Tracing } from './tracing.ts';
export { COMMON_SETTINGS, LOG_LEVELS, serviceConfig, type LogLevel, type ServiceConfig } from './service-config.ts';
