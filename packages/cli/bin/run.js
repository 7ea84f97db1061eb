#!/usr/bin/env node
// Plain JavaScript that old versions of Node.js can read, so that they can say what is wrong.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isBundled } from './bundle.js';

const NODE_NEEDED = 24;

/** The Node.js that `npm install` brought along, whatever the machine's own is. */
function packagedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const program = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(program) && program !== process.execPath ? program : undefined;
  } catch {
    return undefined; // installed without it
  }
}

/** Runs this file again on another Node.js, and ends as it ends. What goes on for long (`up`, `worker`) ends with us. */
function runOn(program) {
  const env = { ...process.env, ORCHESTRA_STARTED_BY: String(process.pid) };
  const child = spawn(program, process.argv.slice(1), { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`orchestra: ${program} cannot be run: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

/** Keeps what Node.js makes of our files from one command to the next: that is half of what a command costs at its start. */
function keepCompiled() {
  const folder = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  // A folder of one's own: what is kept there is run. Where it cannot be written, nothing is kept.
  module.enableCompileCache(join(folder, 'orchestra', 'compiled'));
}

if (Number.parseInt(process.versions.node, 10) >= NODE_NEEDED) {
  keepCompiled();
  const { runCli } = await import(isBundled() ? '../dist/run-cli.mjs' : '../src/run-cli.ts');
  await runCli(process.argv.slice(2));
} else {
  const program = packagedNode();
  if (program) runOn(program);
  else {
    process.stderr.write(
      `orchestra: needs Node.js ${NODE_NEEDED} or newer, and this is ${process.version}; install a newer one, or the npm package node@${NODE_NEEDED} beside this one\n`,
    );
    process.exitCode = 1;
  }
}
