import type { BenchServer } from './server.ts';

/** What a ratio or a figure is held against; `stated`: it is only told. */
export type Target = { atLeast: number } | { atMost: number } | 'stated';

/** One row of the table. */
export interface Finding {
  /** The measure it comes from, as `--only` names it. */
  measure: string;
  /** What was measured over what, and under which conditions. */
  what: string;
  target: Target;
  /** The median of the rounds, unless `detail` says otherwise. */
  reached: number;
  /** Absent: a ratio. */
  unit?: string;
  /** Each round's own figure. */
  rounds: readonly number[];
  /** The absolute figures behind it. They differ from machine to machine and from run to run. */
  detail: string;
}

export interface Curve {
  /** The file it is drawn into, without the ending. */
  name: string;
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly { name: string; points: readonly { x: number; y: number }[] }[];
}

export interface Findings {
  findings: readonly Finding[];
  curve?: Curve;
}

/** What a measure is given to work with. */
export interface Bench {
  server: BenchServer;
  /** Smaller queues and fewer rounds: to see that it runs, and a first impression. */
  quick: boolean;
  /** Also what takes longer than the rest together. */
  long: boolean;
  rounds: number;
  /** Told before each part of the work; how many parts there are is known from the start. */
  step: (what: string) => void;
}

export interface Measure {
  /** For `--only`. */
  name: string;
  /** The heading in the table. */
  title: string;
  /** How often `run` calls `step`, for the progress bar. */
  steps: (bench: Pick<Bench, 'rounds' | 'quick' | 'long'>) => number;
  run: (bench: Bench) => Promise<Findings>;
}

export function isReached({ target, reached }: Pick<Finding, 'target' | 'reached'>): boolean | null {
  if (target === 'stated') return null;
  return 'atLeast' in target ? reached >= target.atLeast : reached <= target.atMost;
}
