import type { PauseView } from '@orchestra/pause-core/contract';
import type { BrakeLabels } from './brake-labels.ts';

/** `paused`: an operator or a rule has paused it. `unknown`: nobody can tell just now, and the gate stops then. */
export type PausedCode = 'paused' | 'unknown';

/** The step must not begin. What has begun before goes on. */
export class PausedError extends Error {
  override readonly name = 'PausedError';
  readonly code: PausedCode;
  /** What the operator has written, or why it is not known. */
  readonly reason: string;
  /** null: it is not known. */
  readonly pause: PauseView | null;
  readonly labels: BrakeLabels;

  constructor(
    code: PausedCode,
    { reason, pause, labels }: { reason: string; pause: PauseView | null; labels: BrakeLabels },
    options?: ErrorOptions,
  ) {
    super(code === 'paused' ? `paused by ${pause?.paused_by ?? 'an operator'}: ${reason}` : reason, options);
    this.code = code;
    this.reason = reason;
    this.pause = pause;
    this.labels = labels;
  }
}

/** What a model is told in place of a tool's result: it reads the text and decides what to do next. */
export function wordsForModel(error: PausedError): string {
  return error.code === 'paused'
    ? `Paused by an operator: ${error.reason}. This call was not made. Do not retry it, and do not work ` +
        'around it; stop here.'
    : `${error.message}. This call was not made. Do not retry it; stop here.`;
}
