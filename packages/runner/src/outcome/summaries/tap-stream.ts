import type { Summary } from './summary.ts';

const DIRECTIVE = /#\s*(?:skip|todo)/i;
// A line of somebody's own words may begin with "not ok".
const SURELY_FAILED = /^not ok (?:[0-9]+\b|- )/;

/** One stream of TAP: its plan, its lines `ok` and `not ok`, and what the program that made it counts below them. */
export class TapStream {
  plan: number | undefined;
  /** It has lines of subtests, which the plan does not count. */
  nested = false;
  bailedOut = false;
  readonly #told = new Map<string, number>();
  readonly #toldLines: string[] = [];
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  #firstFailed = '';
  #surelyFailed = 0;

  get #results(): number {
    return this.#passed + this.#failed + this.#skipped;
  }

  get begun(): boolean {
    return this.plan !== undefined || this.bailedOut || this.#results + this.#told.size > 0;
  }

  /** Whether the first line of results after this is another stream's. */
  get ended(): boolean {
    return this.#told.size > 0 || (this.plan !== undefined && this.#results > 0 && this.#results >= this.plan);
  }

  /** It has a plan, or says how many there were. */
  get counted(): boolean {
    return this.plan !== undefined || this.#told.size > 0;
  }

  hasTold(name: string): boolean {
    return this.#told.has(name);
  }

  addResult(line: string, not: boolean): void {
    if (DIRECTIVE.test(line)) {
      this.#skipped += 1;
      return;
    }
    if (!not) {
      this.#passed += 1;
      return;
    }
    this.#failed += 1;
    this.#firstFailed ||= line;
    if (SURELY_FAILED.test(line)) this.#surelyFailed += 1;
  }

  addTold(name: string, count: number, line: string): void {
    this.#told.set(name, count);
    if (this.#toldLines.length < 4) this.#toldLines.push(line);
  }

  summary(): Summary | undefined {
    if (!this.begun) return undefined;
    const whole =
      !this.nested &&
      this.#results > 0 &&
      this.#results === this.plan &&
      (this.#told.get('tests') ?? 0) <= this.#results;
    const counts = this.#told.size > 0 && !whole ? this.#asTold() : this.#asListed();
    return counts && { ...counts, missing: Math.max(counts.missing ?? 0, this.bailedOut ? 1 : 0) };
  }

  /** By what the program counts itself: it knows of what is nested. */
  #asTold(): Summary {
    const of = (...names: string[]) => names.reduce((sum, name) => sum + (this.#told.get(name) ?? 0), 0);
    const [passed, skipped, total] = [
      of('pass'),
      of('skipped', 'skip', 'todo'),
      this.#told.get('tests') ?? this.#told.get('total'),
    ];
    // What is marked as still to be done is no failure, and some programs count it as one.
    const failed = this.#results > 0 && this.#failed === 0 ? 0 : Math.max(of('fail', 'cancelled'), this.#failed);
    const addsUp = total === undefined || total === passed + failed + skipped || total === passed + failed;
    return { passed, failed, skipped, partial: !addsUp, line: [...new Set(this.#toldLines)].join(', ') };
  }

  /** By its lines. Without a plan it is hardly TAP, but what says `not ok 3` has failed all the same. */
  #asListed(): Summary | undefined {
    const results = this.#results;
    const { plan } = this;
    if (plan === undefined && this.#surelyFailed === 0 && !this.bailedOut) return undefined;
    const line =
      this.#firstFailed ||
      (this.bailedOut
        ? 'Bail out!'
        : `1..${plan ?? results}${plan === results ? '' : `, and ${results} of them told`}`);
    return {
      passed: this.#passed,
      failed: plan === undefined ? this.#surelyFailed : this.#failed,
      skipped: this.#skipped,
      missing: Math.max(0, (plan ?? 0) - results),
      partial: plan === undefined || results > plan,
      fromAllLines: true,
      line,
    };
  }
}
