import type { Problem, ProblemCode } from '@orchestra/pause-core/contract';
import { connectionReason } from './connection-reason.ts';

/** The services a client talks to, as their processes are called. */
export type ServiceName = 'pause-api' | 'worker-claimer';

/** The service understood the call and refused it. `code` is from the closed list of the contract. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ProblemCode;
  readonly status: number;
  /** What the service says about it, with the next step where there is one. */
  readonly detail: string;
  /** Every offending field of the request. */
  readonly fields: readonly { field: string; message: string }[];
  /** The request id, as in the service's log. */
  readonly requestId: string | undefined;
  /** When the service asked to be called again; undefined: it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, options: { retryAfterMs?: number | undefined } = {}) {
    const fields = problem.errors ?? [];
    super([problem.detail, ...fields.map(({ field, message }) => `${field}: ${message}`)].join('; '));
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.fields = fields;
    this.requestId = problem.instance;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** How a call came to nothing: nobody there, no answer in time, or cut off before the whole answer was there. */
export type ConnectionFailure = 'unreachable' | 'timed_out' | 'cut_off';

/**
 * The service could not be asked. Whether a changing call took effect is unknown, unless `failure` is `unreachable`.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly service: ServiceName;
  readonly url: string;
  readonly failure: ConnectionFailure;

  constructor(
    service: ServiceName,
    url: string,
    failure: ConnectionFailure,
    options: ErrorOptions & { timeLimitMs?: number } = {},
  ) {
    const { timeLimitMs, ...rest } = options;
    super(MESSAGE[failure](service, url, timeLimitMs, rest.cause), rest);
    this.service = service;
    this.url = url;
    this.failure = failure;
  }
}

const MESSAGE: Record<
  ConnectionFailure,
  (service: ServiceName, url: string, timeLimitMs: number | undefined, cause: unknown) => string
> = {
  unreachable: (service, url, _limit, cause) => {
    const reason = connectionReason(cause);
    const at = `cannot reach ${service} at ${url}${reason === undefined ? '' : ` (${reason.says})`}`;
    return `${at}; ${reason?.toTrust ?? `is it running? Start everything with \`orchestra up\`, or set ` + `${ADDRESS_VARIABLE[service]} to where it is`}`;
  },
  timed_out: (service, url, timeLimitMs) =>
    `${service} at ${url} did not answer within ${(timeLimitMs ?? 0) / 1_000} s; its log and ` +
    `${url}/readyz say what it is waiting for`,
  cut_off: (service, url) => `the connection to ${service} at ${url} broke off before the answer was there`,
};

const ADDRESS_VARIABLE: Record<ServiceName, string> = {
  'pause-api': 'ORCHESTRA_URL',
  'worker-claimer': 'ORCHESTRA_TASKS_URL',
};

/** Something answered, but not in the words of the contract: a proxy, another program on that port, another version. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  /** What answered, in words. */
  readonly what: string;
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(
    service: ServiceName,
    url: string,
    status: number,
    what: string,
    options: ErrorOptions & { retryAfterMs?: number | undefined } = {},
  ) {
    const { retryAfterMs, ...rest } = options;
    super(`${url} answered ${status} with ${what}; is that address ${service}, and of this version?`, rest);
    this.what = what;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}
