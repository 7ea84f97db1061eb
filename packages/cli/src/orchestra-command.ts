import { Command } from '@oclif/core';
import { hintFor } from './did-you-mean.ts';
import { printableJson, visibleLines } from './show/visible-text.ts';
import { toFailure } from './to-failure.ts';

/**
 * What every command shares: `--json` puts the answer on stdout and nothing else, talk goes to stderr, and an error is
 * one message with an exit code (0 done, 1 failed, 2 wrong usage).
 */
export abstract class OrchestraCommand extends Command {
  static override enableJsonFlag = true;

  /** Prints data for people; silent under `--json`, where the answer that `run` returns is printed instead. */
  protected show(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(`${text}\n`);
  }

  /** Says something to the person at the keyboard. */
  protected talk(text: string): void {
    process.stderr.write(`${visibleLines(text)}\n`);
  }

  /** The same, for what a program that reads the JSON has no use for. */
  protected hint(text: string): void {
    if (!this.jsonEnabled()) this.talk(text);
  }

  override logJson(answer: unknown): void {
    process.stdout.write(`${printableJson(answer, 2)}\n`);
  }

  override async catch(error: Error): Promise<void> {
    const failure = toFailure(error, (message) => hintFor(message, this.ctor));
    process.exitCode = failure.exitCode;
    if (this.jsonEnabled()) this.logJson({ error: { code: failure.code, message: failure.message } });
    this.talk(`orchestra: ${failure.message}`);
  }
}
