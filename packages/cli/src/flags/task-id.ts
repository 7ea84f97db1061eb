import { Args } from '@oclif/core';

/** `ID` of a task. */
export const taskId = Args.string({ description: 'of the task', required: true, ignoreStdin: true });
