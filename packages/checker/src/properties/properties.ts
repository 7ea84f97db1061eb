import { alertModel } from '../models/alert-model.ts';
import { attachedProperty } from './attached-property.ts';
import { gatesProperty } from './gates-property.ts';
import { oneKeyProperty } from './one-key-property.ts';
import { probesProperty } from './probes-property.ts';
import type { Property } from './property.ts';
import { streamProperty } from './stream-property.ts';
import { waitingProperty } from './waiting-property.ts';

/** The alert rule needs no database; it is here to be tried as often as the others, and with other seeds. */
const alertProperty: Property = {
  name: alertModel.name,
  check: async ({ operations, random }) =>
    alertModel.check({ numRuns: operations, seed: random.between(1, 1_000_000) }),
};

export const PROPERTIES: readonly Property[] = [
  gatesProperty,
  probesProperty,
  oneKeyProperty,
  streamProperty,
  waitingProperty,
  attachedProperty,
  alertProperty,
];
