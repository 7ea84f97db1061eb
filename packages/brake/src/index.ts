import '@orchestra-brake/client/needed-node';

export type { BrakeLabels } from './brake-labels.ts';
export { connectBrake, type Brake, type BrakeOptions, type Look } from './connect-brake.ts';
