import { Args } from '@oclif/core';

/**
 * `ID…` of tasks, any number; the rest of them stand in `argv`, where the command is not strict about its arguments.
 */
export const taskIds = Args.string({
  name: 'id',
  description: 'of the task; any number of them',
  required: false,
  ignoreStdin: true,
});
