/** What an answer is read from: a `Response` of fetch is one. */
export interface HttpAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
  /** How many bytes the body has; undefined: that is not known before its end. */
  readonly bodyBytes?: number | undefined;
  /** All of the body at once. */
  text(): Promise<string>;
}

export interface HttpCall {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

const NODES_FETCH = globalThis.fetch;

let undici: Promise<typeof import('undici')> | undefined;

/**
 * One call without redirections. By undici, which is what is behind the `fetch` of Node.js: over the same connections,
 * with the same proxies, certificates and limits, and at a third of the cost. A `fetch` that was given is used instead,
 * and so is a global one that a program has put in the place of Node's.
 */
export async function httpCall(
  url: string,
  call: HttpCall,
  given: typeof globalThis.fetch | undefined,
): Promise<HttpAnswer> {
  const fetch = given ?? (globalThis.fetch === NODES_FETCH ? undefined : globalThis.fetch);
  // Followed, a redirected POST would arrive as a GET.
  if (fetch !== undefined) return fetch(url, { ...call, redirect: 'manual' });
  // Loaded with the first call: it takes 30 ms, and a program that imports this need not call.
  // The default, because a bundler knows no other name in a module of CommonJS.
  const {
    default: { request },
  } = await (undici ??= import('undici'));
  const { method, headers, body = null, signal } = call;
  const answer = await request(url, { method, headers: { ...headers, 'user-agent': 'node' }, body, signal });
  const bytes = answer.headers['content-length'];
  return {
    status: answer.statusCode,
    ok: answer.statusCode >= 200 && answer.statusCode < 300,
    url,
    headers: { get: (name) => [answer.headers[name] ?? []].flat().join(', ') || null },
    body: answer.body,
    bodyBytes: typeof bytes === 'string' ? Number(bytes) : undefined,
    text: () => answer.body.text(),
  };
}
