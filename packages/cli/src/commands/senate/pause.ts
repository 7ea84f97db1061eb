import { Flags } from '@oclif/core';
import type { PausePreview, PauseReceipt } from '@orchestra/pause-core/contract';
import type { Desk } from '../../desk/desk.ts';
import { EXIT } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { durationFlag } from '../../flags/duration.ts';
import { neededScope, scopeArgs, scopeFlags } from '../../flags/scope.ts';
import { graceFlag, stopThenFlag } from '../../flags/stop.ts';
import { checkThen, thenFlag } from '../../flags/then.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { manualPage } from '@orchestra/service-shell/manual';
import type { GatesOutcome, GatesWaited } from '../../wait-for-gates.ts';
import type { WaitOutcome } from '../../wait-until-quiet.ts';

const WAIT_SECONDS = 600;

interface Waited {
  outcome: WaitOutcome;
  seconds: number;
  /** Runs that it covered were in flight still, when the waiting ended. */
  left: number;
}

export default class SenatePause extends OrchestraCommand {
  static override summary = 'stop new work for one agent, skill, quest or actor, or the whole fleet, everywhere';
  static override description =
    'Several labels, in any order, cover only what carries all of them; --fleet covers everything, also ' +
    'tasks without labels. What is running goes on to its normal end, unless --stop-running stops it; ' +
    'what is waiting keeps its place. Without --ttl the pause lasts until somebody clears it. A broad ' +
    'pause, one that would hold more than half of what is queued and twenty tasks or more, asks you to ' +
    'type out its scope, and so does any pause of the fleet; --yes says it beforehand. Where there is no ' +
    'terminal nobody is asked. ' +
    '--wait shows how what is running drains, and ends with 0 once the pause is quiet, with 4 when ' +
    '--wait-timeout is over or somebody cleared it before; the pause holds either way. --wait-gates does ' +
    `the same for the turn gates that are connected (${manualPage('gates.md')}): it ends once each of ` +
    'them has said that it knows the pause.';
  static override examples = [
    '<%= config.bin %> senate pause agent skeptic --reason "runaway loop" --ttl 30m',
    '<%= config.bin %> senate pause agent skeptic --reason "it burns money" --stop-running',
    '<%= config.bin %> senate pause --agent skeptic --quest q-7 --reason "it loops in this quest alone" --ttl 1h',
    '<%= config.bin %> senate pause --fleet --reason "the model answers nonsense" --ttl 15m',
    '<%= config.bin %> senate pause quest q-7 --reason "wrong brief" --dry-run',
    '<%= config.bin %> senate pause actor acct-7 --reason "over budget" --ttl 1h --then probe --wait --wait-timeout 5m',
  ];
  static override args = scopeArgs;
  static override flags = {
    ...scopeFlags,
    reason: Flags.string({ required: true, description: 'why, for everyone who meets this pause' }),
    ttl: durationFlag({ description: 'how long, for example 90s, 30m, 1h30m, 2d', exclusive: ['until-cleared'] }),
    'until-cleared': Flags.boolean({ description: 'no expiry (the default)' }),
    then: thenFlag(': resume (unless given), stay until a person clears it, or probe with one task'),
    'dry-run': Flags.boolean({ description: 'tell what the pause would hold, and change nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask, however much it holds' }),
    'stop-running': Flags.boolean({ description: 'also stop what runs: see task stop', exclusive: ['dry-run'] }),
    'stop-then': stopThenFlag({ dependsOn: ['stop-running'] }),
    'stop-grace': graceFlag({ dependsOn: ['stop-running'] }),
    wait: Flags.boolean({ description: 'wait until nothing that it covers runs any more', exclusive: ['dry-run'] }),
    'wait-gates': Flags.boolean({
      description: 'wait until every turn gate that is connected has confirmed the pause',
      exclusive: ['dry-run'],
    }),
    'wait-timeout': durationFlag({
      description: 'how long to wait at the most; 10m unless given',
      helpValue: '10m',
      relationships: [{ type: 'some', flags: ['wait', 'wait-gates'] }],
    }),
    ...deskFlags,
  };

  async run(): Promise<(PauseReceipt & { wait?: Waited; wait_gates?: GatesWaited }) | PausePreview> {
    const { args, flags } = await this.parse(SenatePause);
    checkThen(flags);
    const scope = neededScope(args, 'senate pause', 'pause', flags);
    const { pauseRequest } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showPreview, showReceipt } = await import('../../show/receipt.ts');
    const request = checked(pauseRequest, {
      scope_kind: scope.kind,
      scope_value: scope.value,
      also: scope.also,
      reason: flags.reason,
      ttl_seconds: flags.ttl,
      then: flags.then,
      stop_running: flags['stop-running'] ? (flags['stop-then'] ?? 'requeue') : undefined,
      stop_grace_seconds: flags['stop-grace'],
    });
    return atDesk(flags.direct, async (desk) => {
      if (flags['dry-run']) {
        const preview = await desk.previewPause(request);
        this.show(showPreview(preview));
        return preview;
      }
      if (!flags.yes) {
        const { confirmBroad } = await import('../../confirm-broad.ts');
        await confirmBroad(desk, request, (text) => this.talk(text));
      }
      const receipt = await desk.pause(request);
      this.show(showReceipt(receipt));
      if (receipt.stop !== null) await this.#stop(desk, receipt);
      const limitSeconds = flags['wait-timeout'] ?? WAIT_SECONDS;
      // The gates first: they take milliseconds, and what they let pass before is what drains.
      const gates = flags['wait-gates'] ? { wait_gates: await this.#waitForGates(desk, receipt.id, limitSeconds) } : {};
      const drained = flags.wait ? { wait: await this.#wait(desk, receipt, limitSeconds) } : {};
      return { ...receipt, ...gates, ...drained };
    });
  }

  /** Waits until what ran has ended or was taken away. What may still run makes the exit code 4. */
  async #stop(desk: Desk, receipt: PauseReceipt): Promise<void> {
    const { untilEnded } = await import('../../await-stop.ts');
    const { showStop } = await import('../../show/stop.ts');
    if (receipt.stop === null) return;
    receipt.stop = await untilEnded(desk, receipt.stop);
    this.show(showStop(receipt.stop));
    if (receipt.stop.fenced_count + receipt.stop.waiting_count > 0) process.exitCode = EXIT.notQuiet;
  }

  async #waitForGates(desk: Desk, id: string, limitSeconds: number): Promise<GatesWaited> {
    const { waitForGates } = await import('../../wait-for-gates.ts');
    const { StopRequests } = await import('../../stop-requests.ts');
    const requests = new StopRequests();
    const waited = await waitForGates(desk, id, { timeLimitMs: limitSeconds * 1_000, signal: requests.signal }).finally(
      () => requests.close(),
    );
    const {
      outcome,
      gates: { connected, confirmed },
    } = waited;
    const left = `${connected - confirmed} of ${connected} ${connected === 1 ? 'gate' : 'gates'}`;
    const told: Record<GatesOutcome, string> = {
      confirmed:
        connected === 0
          ? 'no gate is connected'
          : `confirmed by ${connected === 1 ? 'the one gate that is' : `all ${connected} gates that are`} connected`,
      ended: `the pause ended before ${left} had confirmed it`,
      not_in_time: `NOT CONFIRMED by ${left}; the pause holds; \`senate show ${id}\` names them`,
      interrupted: `not waited for any longer: ${left} not confirmed; the pause holds`,
    };
    this.show(told[outcome]);
    const codes: Record<GatesOutcome, number> = {
      confirmed: EXIT.done,
      ended: EXIT.notQuiet,
      not_in_time: EXIT.notQuiet,
      interrupted: EXIT.interrupted,
    };
    process.exitCode = codes[outcome];
    return waited;
  }

  async #wait(desk: Desk, receipt: PauseReceipt, limitSeconds: number): Promise<Waited> {
    const { waitUntilQuiet } = await import('../../wait-until-quiet.ts');
    const { DrainLine } = await import('../../show/drain.ts');
    const { sayDuration } = await import('../../show/duration.ts');
    const { StopRequests } = await import('../../stop-requests.ts');
    const startedAt = performance.now();
    const requests = new StopRequests();
    const drainLine = new DrainLine();
    let left = (receipt.in_flight_count ?? 0) + (receipt.claimed_ahead_count ?? 0);
    let outcome: WaitOutcome;
    try {
      outcome = await waitUntilQuiet(desk, receipt, {
        timeLimitMs: limitSeconds * 1_000,
        signal: requests.signal,
        onDrain: (drain) => {
          left = drain.left;
          drainLine.note(drain);
        },
        onLine: (down) =>
          drainLine.say(down === null ? 'connected again' : `${down}; trying again, and the pause holds`),
      });
    } finally {
      drainLine.end();
      requests.close();
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const said = sayDuration(seconds);
    const told: Record<WaitOutcome, string> = {
      quiet: `quiet after ${said}: nothing that it covers runs any more`,
      ended: `the pause ended after ${said}, before it was quiet`,
      not_in_time: `NOT QUIET after ${said}: ${left} in flight still; the pause holds`,
      interrupted: `not waited for any longer: ${left} in flight still; the pause holds`,
    };
    this.show(told[outcome]);
    const codes: Record<WaitOutcome, number> = {
      quiet: EXIT.done,
      ended: EXIT.notQuiet,
      not_in_time: EXIT.notQuiet,
      interrupted: EXIT.interrupted,
    };
    if (codes[outcome] !== EXIT.done) process.exitCode = codes[outcome];
    return { outcome, seconds: Math.round(seconds * 10) / 10, left: outcome === 'quiet' ? 0 : left };
  }
}
