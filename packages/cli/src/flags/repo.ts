import { Args } from '@oclif/core';

const repo = { description: 'the repository, as tasks name it', ignoreStdin: true };

/** `REPO` */
export const repoArg = Args.string({ ...repo, required: true });

/** `[REPO]` */
export const optionalRepoArg = Args.string(repo);
