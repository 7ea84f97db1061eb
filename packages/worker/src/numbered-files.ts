import { TEST_REPORT_FILE } from '@orchestra/runner';
import { ANSWERS_FILE, QUESTIONS_FILE } from './command/questions.ts';

/** A file whose name means something between a run and Orchestra. */
export interface NumberedFile {
  readonly name: string;
  readonly writtenBy: string;
  readonly readBy: string;
  readonly meaning: string;
}

/** All of them. docs/agent-contract.md tells agents; a test holds the page. Other numbers are the project's own. */
export const NUMBERED_FILES: readonly NumberedFile[] = [
  {
    name: QUESTIONS_FILE,
    writtenBy: 'the run',
    readBy: 'the worker, when the run has ended',
    meaning: 'what a person has to answer before the work can go on',
  },
  {
    name: ANSWERS_FILE,
    writtenBy: 'the worker, before the next run',
    readBy: 'the next run',
    meaning: 'the answer; it is taken away again after that run',
  },
  {
    name: TEST_REPORT_FILE,
    writtenBy: 'the run of a stage whose gate names it, or the test runner',
    readBy: 'the gate of the stage',
    meaning: 'whether the tests passed',
  },
];
