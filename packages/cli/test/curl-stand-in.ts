// As much of curl as the documents use, for a machine that has none: the examples are to be tested there as well.
import { parseArgs } from 'node:util';

const TIMED_OUT = 28;

const {
  values,
  positionals: [url = ''],
} = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    'show-error': { type: 'boolean', short: 'S' },
    'no-buffer': { type: 'boolean', short: 'N' },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true },
    data: { type: 'string', short: 'd' },
    'max-time': { type: 'string' },
  },
});
const headers = (values.header ?? []).map((line): [string, string] => [
  line.slice(0, line.indexOf(':')),
  line.slice(line.indexOf(':') + 1).trim(),
]);

try {
  const answer = await fetch(url, {
    headers,
    ...(values.request === undefined ? {} : { method: values.request }),
    ...(values.data === undefined ? {} : { body: values.data }),
    ...(values['max-time'] === undefined ? {} : { signal: AbortSignal.timeout(Number(values['max-time']) * 1_000) }),
  });
  for await (const bytes of answer.body ?? []) process.stdout.write(bytes);
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = error instanceof Error && error.name === 'TimeoutError' ? TIMED_OUT : 1;
}
