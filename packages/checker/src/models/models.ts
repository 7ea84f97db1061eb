import { alertModel } from './alert-model.ts';
import { cursorModel } from './cursor-model.ts';
import { hearingModel } from './hearing-model.ts';
import type { Model } from './model.ts';
import { ownerModel } from './owner-model.ts';
import { outcomeModel } from './outcome-model.ts';
import { pauseModel, pauseTimeModel } from './pause-model.ts';
import { processModel } from './process-model.ts';
import { replicaModel } from './replica-model.ts';
import { retryModel } from './retry-model.ts';
import { rereadModel } from './reread-model.ts';
import { wantModel } from './want-model.ts';

export const MODELS: readonly Model[] = [
  pauseModel,
  pauseTimeModel,
  replicaModel,
  rereadModel,
  alertModel,
  retryModel,
  outcomeModel,
  cursorModel,
  hearingModel,
  processModel,
  wantModel,
  ownerModel,
];
