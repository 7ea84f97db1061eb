import { z } from 'zod';

/** One question of a smoke: a GET, and what its answer has to be. */
export interface SmokeCheck {
  url: string;
  /** `ok`: any status from 200 to 299. `queue`: also the counts of a queue with their block `serial_gate`. */
  expects: 'ok' | 'queue';
}

export interface SmokeOrder {
  checks: readonly SmokeCheck[];
  /** Sent as a bearer token to the hosts of the checks, and to no other. */
  token?: string | undefined;
  /** For each check, redirects included. 10 s unless given. */
  timeLimitMs?: number | undefined;
}

export interface SmokeResult {
  url: string;
  ok: boolean;
  /** null: there was no answer. */
  status: number | null;
  /** One line, as the outcome table reads it. */
  says: string;
  duration_ms: number;
}

const TIME_LIMIT_MS = 10_000;
const BODY_BYTES_MAX = 8 * 1_024 * 1_024;
const REDIRECTS_MAX = 5;

// By its shape alone: a newer service may tell more.
const queueShape = z.looseObject({
  counts: z.record(z.string(), z.int()),
  serial_gate: z.looseObject({
    enabled: z.boolean(),
    repos: z.array(z.looseObject({ repo: z.string(), in_progress: z.int(), waiting: z.int() })),
  }),
});

/** The checks of an Orchestra service: alive, ready, and its queue with the serial gate. */
export function smokeOf(baseUrl: string): SmokeCheck[] {
  const url = (path: string) => new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`).href;
  return [
    { url: url('livez'), expects: 'ok' },
    { url: url('readyz'), expects: 'ok' },
    { url: url('api/queue'), expects: 'queue' },
  ];
}

/**
 * Asks one after the other. Reads only: nothing but GET, and no redirect to another host. Never rejects but for
 * `signal`.
 */
export async function runSmoke(
  { checks, token, timeLimitMs = TIME_LIMIT_MS }: SmokeOrder,
  signal?: AbortSignal,
): Promise<SmokeResult[]> {
  const results: SmokeResult[] = [];
  for (const check of checks) {
    const startedAtMs = performance.now();
    const limit = AbortSignal.timeout(timeLimitMs);
    const answer = await ask(check, token, signal === undefined ? limit : AbortSignal.any([limit, signal])).catch(
      (error: unknown) => {
        signal?.throwIfAborted();
        return {
          ok: false,
          status: null,
          says: limit.aborted
            ? `GET ${check.url}: no answer within ${timeLimitMs / 1_000} s (ETIMEDOUT)`
            : `GET ${check.url}: ${whyOf(error)}`,
        };
      },
    );
    results.push({ url: check.url, ...answer, duration_ms: Math.round(performance.now() - startedAtMs) });
  }
  return results;
}

async function ask(
  { url, expects }: SmokeCheck,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Pick<SmokeResult, 'ok' | 'status' | 'says'>> {
  const host = new URL(url).host;
  for (let at = new URL(url), redirects = 0; ; redirects++) {
    const response = await fetch(at, {
      method: 'GET',
      redirect: 'manual',
      signal,
      headers: { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
    const { status } = response;
    const location = status >= 300 && status < 400 ? response.headers.get('location') : null;
    if (location === null) {
      const fault = response.ok
        ? faultOf(expects, await bodyOf(response))
        : `answered ${status} ${response.statusText}`.trimEnd();
      if (!response.ok) await response.body?.cancel();
      return { ok: fault === undefined, status, says: `GET ${url} ${fault ?? `answered ${status}`}` };
    }
    await response.body?.cancel();
    const next = new URL(location, at);
    if (next.host !== host || next.protocol !== at.protocol)
      return { ok: false, status, says: `GET ${url} redirects to another host: ${next.origin}` };
    if (redirects === REDIRECTS_MAX)
      return { ok: false, status, says: `GET ${url} redirects more than ${REDIRECTS_MAX} times` };
    at = next;
  }
}

function faultOf(expects: SmokeCheck['expects'], body: string): string | undefined {
  if (expects === 'ok') return undefined;
  try {
    const parsed = queueShape.safeParse(JSON.parse(body));
    return parsed.success
      ? undefined
      : 'answered something else than a queue: ' +
          `${parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`).join('; ')}`;
  } catch {
    return 'answered something else than a queue: it is no JSON';
  }
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`its answer is longer than ${BODY_BYTES_MAX / 1_024 / 1_024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The message of the innermost cause, which `fetch` wraps in "fetch failed", and its code. */
function whyOf(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 5 && inner instanceof Error && inner.cause instanceof Error; depth++) inner = inner.cause;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  const message = inner instanceof Error ? inner.message : String(inner);
  return code === '' || message.includes(code) ? message : message === '' ? code : `${message} (${code})`;
}
