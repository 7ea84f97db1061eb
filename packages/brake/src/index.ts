import '@orchestra-brake/client/needed-node';

export type { Brake, IterateOptions, Look, WaitOptions } from './brake.ts';
export { prepareLabels, type BrakeLabels } from './brake-labels.ts';
export { connectBrake, type BrakeOptions } from './connect-brake.ts';
export { PausedError, wordsForModel, type PausedCode } from './paused-error.ts';
