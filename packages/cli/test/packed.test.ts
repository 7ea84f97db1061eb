// The public packages as a stranger has them: packed, installed by npm outside of this repository, and used.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { installedPackages, OLDER_NODE, testDatabase, until, type InstalledPackages } from '@orchestra/testkit';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { deadLinks } from '../../../scripts/pack/dead-links.ts';
import { ROOT } from './document.ts';
import { descendants, living } from './living-processes.ts';
import { ANY_PORTS } from './orchestra.ts';

const LIBRARIES = ['@orchestra-brake/client', '@orchestra-brake/worker', '@orchestra-brake/brake'];
const PACKAGES = [...LIBRARIES, 'orchestra-brake'];
const SIZE_MAY_DIFFER = 0.2;
const INSTALL_MS = 600_000;
const RUN_MS = 180_000;

const manifestFile = z.looseObject({
  dependencies: z.record(z.string(), z.string()),
  engines: z.object({ node: z.string() }),
});

const database = testDatabase();
let installed: InstalledPackages;

beforeAll(async () => {
  installed = await installedPackages();
}, INSTALL_MS);

/** As npx starts it, in the project. */
function npxEnv(env: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: installed.folder,
    NO_COLOR: '1',
    npm_config_user_agent: 'npm/11.6.0 node/v24.21.0 linux x64',
    ...env,
  };
}

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(program, args, {
    cwd: installed.folder,
    env: npxEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_MS,
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: z.number().nullable().parse(code), out, err };
}

function orchestra(...args: string[]): Promise<Ended> {
  return run(process.execPath, ['node_modules/.bin/orchestra-brake', ...args]);
}

describe('the manifests', () => {
  test.each(PACKAGES)('%s has what a public package needs, and nothing of this repository', (name) => {
    const folder = join(installed.folder, 'node_modules', name);
    const { dependencies, engines, ...rest } = manifestFile.parse(
      JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    );
    expect(Object.keys(rest).filter((key) => ['scripts', 'devDependencies', 'private'].includes(key))).toEqual([]);
    if (name === 'orchestra-brake') expect(engines.node).toBe('>=24');
    else {
      expect(engines.node).toBe('>=22.12');
      expect(['eventsource-parser', 'undici', 'yaml', 'zod']).toEqual(
        expect.arrayContaining(Object.keys(dependencies)),
      );
    }
    expect(existsSync(join(folder, 'LICENSE'))).toBe(true);
    const texts = globSync('dist/**/*.{js,mjs,ts,css}', { cwd: folder }).map((file) => ({
      file,
      text: readFileSync(join(folder, file), 'utf8'),
    }));
    expect(
      texts
        .filter(
          ({ text }) => /^(?:import|export|\}).*from ['"]@orchestra\//m.test(text) || text.includes('sourceMappingURL'),
        )
        .map(({ file }) => file),
    ).toEqual([]);
  });

  test('publint and arethetypeswrong find nothing wrong', { timeout: RUN_MS }, async () => {
    for (const tarball of installed.tarballs) {
      expect((await run(join(ROOT, 'node_modules/.bin/publint'), ['run', '--strict', tarball])).out).toContain(
        'All good!',
      );
      expect(
        await run(join(ROOT, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only', '--format', 'json']),
      ).toMatchObject({ code: 0 });
    }
  });

  test('docs/packages.md records the sizes; where it does not, `npx pnpm pack:all` prints them', () => {
    const rows = [...readFileSync(join(ROOT, 'docs/packages.md'), 'utf8').matchAll(/^\| `(\S+)` \|.*? (\d+) kB \(/gm)];
    const recorded = new Map(
      rows.map(([, name = '', size]) => [`${name.replace('@', '').replace('/', '-')}-`, Number(size)]),
    );
    expect(recorded.size).toBe(PACKAGES.length);
    for (const [start, size] of recorded) {
      const tarball = installed.tarballs.find((path) => new RegExp(`^${start}\\d`).test(basename(path))) ?? '';
      expect(Math.abs(statSync(tarball).size / 1_000 - size), `${start} is recorded as ${size} kB`).toBeLessThan(
        size * SIZE_MAY_DIFFER,
      );
    }
  });

  test('the licences of what the page, the command line and the services take in are there', () => {
    const text = readFileSync(
      join(installed.folder, 'node_modules/orchestra-brake/LICENSES-OF-INLINED-CODE.md'),
      'utf8',
    );
    const inlined = ['preact', '@preact/signals', 'uplot', 'eventsource-parser', '@oclif/core', 'express', 'pg', 'zod'];
    for (const library of inlined) expect(text.toLowerCase()).toContain(`## ${library} - `);
    const ofApiPage = 'node_modules/orchestra-brake/dist/packages/dashboard/dist/api-page';
    expect(readdirSync(join(installed.folder, ofApiPage))).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE']));
  });

  test.each(PACKAGES)('the pages of %s lead to nothing that only the repository has', (name) => {
    const folder = join(installed.folder, 'node_modules', name);
    const pages = globSync('{README.md,dist/docs/*.md}', { cwd: folder });
    expect(pages.length).toBeGreaterThan(name === 'orchestra-brake' ? 8 : 0);
    const has = (place: string) => existsSync(join(folder, place));
    expect(pages.flatMap((page) => deadLinks(readFileSync(join(folder, page), 'utf8'), page, has))).toEqual([]);
  });

  test('nothing that reports installations to others is installed', () => {
    expect(readdirSync(join(installed.folder, 'node_modules'))).not.toContain('@scarf');
  });
});

const IMPORTS = `const names = ${JSON.stringify(LIBRARIES)};
for (const name of names) console.log(name, Object.keys(await import(name)).includes({ client: 'createClient', worker: 'createWorker', brake: 'connectBrake' }[name.split('/')[1]]));`;
const IMPORTED = LIBRARIES.map((name) => `${name} true\n`).join('');

describe('the libraries', () => {
  test('the client brings the OpenAPI documents of the services', async () => {
    const read =
      "for (const name of ['pause-api', 'worker-claimer']) { const { default: { info } } = await " +
      "import('@orchestra-brake/client/openapi/' + name + '.json', { with: { type: 'json' } }); " +
      'console.log(info.title); }';
    expect(await run(process.execPath, ['--input-type=module', '-e', read])).toMatchObject({
      code: 0,
      out: 'Orchestra pause-api\nOrchestra worker-claimer\n',
    });
  });

  test('are imported on the newest Node.js and on an older one', async () => {
    expect(await run(process.execPath, ['--input-type=module', '-e', IMPORTS])).toEqual({
      code: 0,
      out: IMPORTED,
      err: '',
    });
    expect(await run(installed.olderNode, ['--input-type=module', '-e', IMPORTS])).toEqual({
      code: 0,
      out: IMPORTED,
      err: '',
    });
  });

  test('say in one sentence that a Node.js is too old', async () => {
    const pretend =
      `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); ` +
      `Object.defineProperty(process, 'version', { value: 'v20.20.2' })`;
    for (const name of LIBRARIES) {
      const { code, err } = await run(process.execPath, [
        '--import',
        pretend,
        '--input-type=module',
        '-e',
        `import '${name}'`,
      ]);
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringContaining('Error: Orchestra needs Node.js 22.12 or newer, and this is v20.20.2\n'),
      });
    }
  });

  test(
    'a worker in TypeScript is type-checked, the declarations of libraries included',
    { timeout: RUN_MS },
    async () => {
      await writeFile(join(installed.folder, 'typed-worker.ts'), TYPED_WORKER);
      const flags = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--types',
        'node',
        '--skipLibCheck',
        'false',
      ];
      expect(
        await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...flags, 'typed-worker.ts']),
      ).toEqual({ code: 0, out: '', err: '' });
    },
  );
});

const DIRECT = `
  const { createWorker } = await import('@orchestra-brake/worker');
  const databaseUrl = process.env.DATABASE_URL;
  const worker = createWorker({ databaseUrl, handlers: { greet: async (task) => task.payload.name } });
  const done = new Promise((resolve) => worker.on('finished', ({ result }) => resolve(result)));
  await worker.start();
  const { connectQueue } = await import('@orchestra-brake/worker/direct');
  const queue = connectQueue({ databaseUrl });
  await queue.addTasks([{ skill: 'greet', payload: { name: 'Ada' } }]);
  console.log(await done);
  await queue.close();
  await worker.stop();`;
const WITHOUT_PG = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ resolve: (specifier, context, next) => {
    if (specifier === 'pg') throw Object.assign(new Error("Cannot find package 'pg'"), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(specifier, context);
  } });`)}`;

describe('a worker without services', () => {
  test('works with pg beside it, on the newest Node.js and on an older one', { timeout: RUN_MS }, async () => {
    for (const node of [process.execPath, installed.olderNode]) {
      expect(await run(node, ['--input-type=module', '-e', DIRECT], { DATABASE_URL: database.url })).toMatchObject({
        code: 0,
        out: 'Ada\n',
      });
    }
  });

  test('says in one sentence what to install where pg is missing', async () => {
    const { code, err } = await run(process.execPath, ['--import', WITHOUT_PG, '--input-type=module', '-e', DIRECT], {
      DATABASE_URL: database.url,
    });
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('CannotWork: a worker with databaseUrl needs the package pg: npm install pg\n'),
    });
  });
});

const TYPED_WORKER = `import { connectBrake } from '@orchestra-brake/brake';
import { ApiError, createClient, type Client } from '@orchestra-brake/client';
import { createWorker, TaskFailure, type Worker } from '@orchestra-brake/worker';

const client: Client = createClient({ url: 'http://127.0.0.1:4400', tasksUrl: 'http://127.0.0.1:4401' });
const worker: Worker = createWorker({
  handlers: {
    greet: async (task, context) => {
      for await (const name of context.iterate(['Ada', 'Grace'])) if (name === task.agent_id) throw new TaskFailure('no');
      // @ts-expect-error: a worker cannot be told what it does not know
      context.nothing();
      return { attempt: task.attempt };
    },
  },
});
worker.on('finished', ({ task, durationMs }) => console.log(task.id.toUpperCase(), durationMs.toFixed()));
const receipt = await client.pause({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'loop' }).catch((error: unknown) => { if (error instanceof ApiError) console.log(error.code); });
const brake = await connectBrake();
console.log(receipt?.settled, brake.look({ agent_id: 'skeptic' }).reason?.length);
`;

const WORKER = `import { createWorker } from '@orchestra-brake/worker';
const worker = createWorker({ handlers: { greet: async (task) => \`\${task.agent_id} greets \${task.payload.name}\` } });
worker.on('finished', ({ task, result }) => console.log(\`\${process.version} task \${task.id}: \${result}\`));
await worker.start();
process.once('SIGTERM', () => void worker.stop());
`;

describe('the command', () => {
  test('says in one sentence that a Node.js is too old', async () => {
    expect(await run(installed.olderNode, ['node_modules/.bin/orchestra', 'up'])).toEqual({
      code: 1,
      out: '',
      err:
        `orchestra: needs Node.js 24 or newer, and this is v${OLDER_NODE}; install a newer one, or the npm ` +
        `package node@24 beside this one\n`,
    });
  });

  test(
    'brings up everything; a worker works, a pause holds, the doctor is content, and Ctrl-C leaves nothing',
    { timeout: RUN_MS },
    async () => {
      // A group of its own, as a terminal gives it: Ctrl-C goes to all of it.
      const up = spawn(process.execPath, ['node_modules/.bin/orchestra-brake', 'up'], {
        cwd: installed.folder,
        env: npxEnv(ANY_PORTS),
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      let said = '';
      for (const stream of [up.stdout, up.stderr])
        stream.on('data', (bytes) => {
          said += String(bytes);
        });
      const ended = new Promise<number | null>((resolve) => {
        up.once('close', resolve);
      });
      onTestFinished(() => {
        if (up.exitCode === null) up.kill('SIGTERM');
      });
      await until('Orchestra is up', () => said.includes('Ctrl-C stops it') || up.exitCode !== null, RUN_MS);
      expect(said).toContain('npx orchestra-brake senate pauses\n');
      expect(said).not.toMatch(/pnpm|repository/);
      const page = /page +(\S+) /.exec(said)?.[1] ?? '';
      expect(await (await fetch(page)).text()).toContain('<script type="module"');

      const added = await orchestra(
        'task',
        'add',
        '--agent',
        'skeptic',
        '--skill',
        'greet',
        '--payload',
        '{"name": "Ada"}',
      );
      expect(added).toMatchObject({ code: 0 });
      expect((await orchestra('senate', 'pause', 'agent', 'skeptic', '--reason', 'runaway loop')).out).toMatch(
        /^settled: (?:.|\n)*to end it: npx orchestra-brake senate unpause agent skeptic$/m,
      );
      await orchestra('task', 'add', '--agent', 'librarian', '--skill', 'greet', '--payload', '{"name": "Grace"}');

      await writeFile(join(installed.folder, 'worker.mjs'), WORKER);
      const token = (await orchestra('token', 'create', 'greeter', '--role', 'worker')).out.trim();
      const worker = spawn(installed.olderNode, ['worker.mjs'], {
        cwd: installed.folder,
        env: npxEnv({ ORCHESTRA_TOKEN: token }),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let worked = '';
      worker.stdout.on('data', (bytes) => {
        worked += String(bytes);
      });
      onTestFinished(() => {
        worker.kill('SIGKILL');
      });
      await until('the librarian has greeted', () => worked.includes('task 2'), RUN_MS);
      expect(worked).toBe(`v${OLDER_NODE} task 2: librarian greets Grace\n`);
      expect(await orchestra('senate', 'pauses', '--verify')).toMatchObject({
        code: 0,
        out: expect.stringContaining('nothing started while it was paused'),
      });

      const doctor = await orchestra('doctor');
      for (const [, manual = ''] of doctor.out.matchAll(/(\S+\.md)/g))
        expect(existsSync(join(installed.folder, manual)), manual).toBe(true);
      expect(doctor.out).not.toMatch(/^[✗–]/m);
      expect(doctor.out).toContain('✓ brake');
      expect(doctor.code).toBe(0);

      expect(await orchestra('senate', 'unpause', 'agent', 'skeptic')).toMatchObject({ code: 0 });
      await until('the skeptic has greeted', () => worked.includes('task 1: skeptic greets Ada'), RUN_MS);
      worker.kill('SIGTERM');

      const started = (await descendants(up.pid ?? 0)).map(({ pid }) => pid);
      expect(started.length).toBeGreaterThan(4);
      process.kill(-(up.pid ?? 0), 'SIGINT');
      expect(await ended).toBe(0);
      expect(await living(started)).toEqual([]);
    },
  );
});
