import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import { hostRule, type Bound } from './host-names.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { ProblemError } from './problem.ts';
import { CONTINUE } from './raw-call.ts';
import { logRequest } from './request-log.ts';

/** What every call passes, on both ways to be answered. */
export interface Edge {
  /** Logs, times and dresses the answer. Comes first. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Refuses whatever is asked for under another name than ours, and expectations that HTTP does not know. @throws
   * ProblemError
   */
  refuseOdd(request: IncomingMessage): void;
}

export function makeEdge({
  log,
  metrics,
  boundTo,
}: {
  log: Logger;
  metrics: Metrics;
  boundTo: Bound | undefined;
}): Edge {
  const answersTo = boundTo === undefined ? undefined : hostRule(boundTo);
  return {
    begin: (request, response) => {
      logRequest(log, request, response);
      metrics.timeRequest(request, response);
      for (const [name, value] of ANSWER_HEADERS) response.setHeader(name, value);
    },
    refuseOdd: ({ headers: { host, expect }, httpVersion }) => {
      if (host === undefined && httpVersion === '1.1')
        throw new ProblemError('invalid_request', 'a request of HTTP/1.1 has a Host header');
      // Browsers always send one; HTTP/1.0 need not.
      if (answersTo !== undefined && host !== undefined && !answersTo(host)) {
        throw new ProblemError(
          'unknown_host',
          'this service listens on loopback and answers to 127.0.0.1, localhost and [::1]; further names are ' +
            'set by ORCHESTRA_HOST_NAMES',
        );
      }
      if (expect !== undefined && !CONTINUE.test(expect))
        throw new ProblemError('expectation_failed', 'of expectations only 100-continue is known');
    },
  };
}

/** What helmet says for any answer: always the same, so it is asked once. */
function secureHeaders(): [string, string][] {
  const answer = new RecordedAnswer(new IncomingMessage(new Socket()));
  const dress = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // A service speaks plain HTTP on the machine's own address; where a proxy adds TLS, the proxy adds this.
    strictTransportSecurity: false,
  });
  dress(answer.req, answer, (cause) => {
    if (cause !== undefined) throw new Error('the headers of answers could not be made', { cause });
  });
  return answer.set;
}

class RecordedAnswer extends ServerResponse {
  readonly set: [string, string][] = [];

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.set.push([name, String(value)]);
    return super.setHeader(name, value);
  }
}

const ANSWER_HEADERS: readonly (readonly [string, string])[] = [...secureHeaders(), ['Cache-Control', 'no-store']];
