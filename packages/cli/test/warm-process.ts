// A process that runs one command line after another, for `warm-commands.ts`. Starting Node.js and loading the
// sources is most of what a short
// command costs; here that is paid once. What must be a process of its own (signals, a terminal, a closed pipe) is
// tested as one.
import { Readable } from 'node:stream';
import { z } from 'zod';
import { runCli } from '../src/run-cli.ts';

const request = z.strictObject({
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  cwd: z.string(),
  input: z.string(),
});

process.on('message', (message) => {
  void run(request.parse(message)).then((ended) => process.send?.(ended));
});
process.on('disconnect', () => process.exit());

async function run({
  args,
  env,
  cwd,
  input,
}: z.infer<typeof request>): Promise<{ code: number; stdout: string; stderr: string }> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = undefined;
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    value: Readable.from(input === '' ? [] : [Buffer.from(input)]),
  });
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  await runCli(args);
  return { code: Number(process.exitCode ?? 0), stdout: stdout(), stderr: stderr() };
}

/** Keeps what is written from now on. The answer gives it back and lets the stream write again. */
function capture(stream: NodeJS.WriteStream): () => string {
  const chunks: Buffer[] = [];
  const write = stream.write.bind(stream);
  stream.write = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));
    const done = rest.find((argument) => typeof argument === 'function');
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  return () => {
    stream.write = write;
    // Each command listens, for as long as its process lives.
    stream.removeAllListeners('error');
    return Buffer.concat(chunks).toString();
  };
}
