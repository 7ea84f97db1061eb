import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerUnread, hasUnreadBody } from './answer-unread.ts';
import type { Logger } from './log.ts';
import { PROBLEMS, problemDocument, toProblemError } from './problem.ts';
import { noteFailure, requestId } from './request-log.ts';
import type { ServerTrouble } from './server-trouble.ts';

export type AnswerProblem = (error: unknown, request: IncomingMessage, response: ServerResponse) => void;

/** Answers whatever went wrong with a call by a problem document. */
export function answerProblems(log: Logger, trouble: ServerTrouble): AnswerProblem {
  return (error, request, response) => {
    trouble.note(error);
    const problem = toProblemError(error);
    const { status } = PROBLEMS[problem.code];
    if (status >= 500) noteFailure(request, problem.cause instanceof Error ? problem.cause : problem);
    if (response.headersSent) {
      log.warn({ err: error, request_id: requestId(request) }, 'an answer broke off half way');
      response.destroy();
      return;
    }
    response.statusCode = status;
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    response.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
    const body = JSON.stringify(problemDocument(problem, requestId(request)));
    if (hasUnreadBody(request)) {
      answerUnread(request, response, body);
      return;
    }
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.end(body);
  };
}
