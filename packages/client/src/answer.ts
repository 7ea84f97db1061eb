import { parseJson as parseExactly } from '@orchestra/exact-json';
import { problem } from '@orchestra/pause-core/contract';
import type { z } from 'zod';
import { AnswerError, ApiError, type ServiceName } from './errors.ts';
import type { HttpAnswer } from './http-call.ts';
import { parseTolerantly } from './tolerant.ts';

// A hundred claimed tasks of the largest payload fit in; what is larger did not come from these services.
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The answer's body, as the contract describes it.
 *
 * @throws ApiError for a refusal, AnswerError for anything that the contract does not know
 */
export async function parseAnswer<T>(
  response: HttpAnswer,
  contract: z.ZodType<T>,
  from: { service: ServiceName; url: string },
): Promise<T> {
  if (!response.ok) throw await refusal(response, from);
  const body = parseJson(await readText(response));
  const parsed = parseTolerantly(contract, body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.') || 'body'}: ${issue.message})`;
  throw new AnswerError(from.service, from.url, response.status, `something that is not in the contract${where}`, {
    cause: parsed.error,
  });
}

/** The error that a response other than 2xx stands for. Reads the body. */
export async function refusal(
  response: HttpAnswer,
  from: { service: ServiceName; url: string },
): Promise<ApiError | AnswerError> {
  const after = retryAfterMs(response.headers.get('retry-after'));
  const text = await readText(response);
  const parsed = problem.safeParse(parseJson(text));
  if (parsed.success) return new ApiError(parsed.data, { retryAfterMs: after });
  const redirected = response.headers.get('location');
  const what =
    redirected === null ? `"${text.slice(0, 200).replaceAll(/\s+/g, ' ').trim()}"` : `a redirection to ${redirected}`;
  return new AnswerError(from.service, from.url, response.status, what, { retryAfterMs: after });
}

function parseJson(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return undefined; // no contract accepts it, so the caller's parse says so with the address
  }
}

async function readText(response: HttpAnswer): Promise<string> {
  if (response.body === null) return '';
  if (response.bodyBytes !== undefined && response.bodyBytes <= ANSWER_BYTES_MAX) return response.text();
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX)
      throw new RangeError(`the answer of ${response.url} is larger than ${ANSWER_BYTES_MAX} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** `Retry-After` in milliseconds from now: whole seconds or an HTTP date; undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, now: () => number = Date.now): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1_000;
  // `Date.parse` makes a year of any number, and an HTTP date always ends like this.
  const at = header.trimEnd().endsWith('GMT') ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now());
}
