import { storable } from './error-text.ts';

/** The longest text of questions that the service takes. */
export const QUESTIONS_CHARS_MAX = 100_000;
// They travel as JSON within 256 KiB, and a control character takes six bytes there.
const QUESTIONS_BYTES_MAX = 200_000;

/**
 * Ends a run with questions to a person: made by {@link needsInput}, returned or thrown by a handler. Not a failure,
 * and not done either: the task is parked, uses up no attempt, and its next run gets the answer.
 */
export class NeedsInput extends Error {
  override readonly name = 'NeedsInput';
  readonly questions: string;

  constructor(questions: string) {
    super('the task asks a question');
    this.questions = questions;
  }
}

/**
 * What a handler returns, or throws where that is easier, when it cannot go on without a person. The answer is in
 * `task.answer` of the next run, beside the `task.questions` that it answers.
 *
 * @param questions as the person is to read them; what is longer than 100,000 characters is cut
 * @throws TypeError without any text
 */
export function needsInput(questions: string): NeedsInput {
  if (typeof questions !== 'string' || questions.trim() === '')
    throw new TypeError('needsInput() wants the questions as text, for example needsInput("Which branch?")');
  return new NeedsInput(takableQuestions(questions));
}

function takableQuestions(questions: string): string {
  for (let charsMax = QUESTIONS_CHARS_MAX; ; charsMax = Math.floor(charsMax / 2)) {
    const text = storable(questions, charsMax);
    if (Buffer.byteLength(JSON.stringify(text)) <= QUESTIONS_BYTES_MAX) return text;
  }
}
