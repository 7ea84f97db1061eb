import {
  FlagNotFoundError,
  OpenFeatureEventEmitter,
  ProviderEvents,
  TypeMismatchError,
  type EvaluationContext,
  type JsonValue,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/server-sdk';
import type { Brake } from '../brake.ts';
import type { BrakeLabels } from '../brake-labels.ts';

/**
 * The brake as an OpenFeature provider, with two flags: `paused`, and `may-begin`, which is its opposite.
 * `targetingKey` is the `agent_id`; `skill`,
 * `quest_id` and `actor_id` come from the context as they are called.
 *
 * It is a flag and no gate: whatever goes wrong, OpenFeature answers with the default that the caller wrote. Write the
 * one that stops:
 * `getBooleanValue('paused', true, …)`, `getBooleanValue('may-begin', false, …)`.
 */
export function brakeProvider(brake: Pick<Brake, 'look' | 'onChange'>): Provider {
  const events = new OpenFeatureEventEmitter();
  let leave = (): void => {};
  return {
    metadata: { name: 'orchestra-brake' },
    runsOn: 'server',
    events,
    initialize: async () => {
      leave = brake.onChange(() =>
        events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: ['paused', 'may-begin'] }),
      );
    },
    onClose: async () => leave(),
    resolveBooleanEvaluation: async (flag, _default, context): Promise<ResolutionDetails<boolean>> => {
      if (flag !== 'paused' && flag !== 'may-begin')
        throw new FlagNotFoundError(`there are the flags paused and may-begin, not ${flag}`);
      const { paused, reason, pause_id } = brake.look(toLabels(context));
      return {
        value: paused === (flag === 'paused'),
        reason: 'TARGETING_MATCH',
        flagMetadata: paused ? { reason: reason ?? '', pause_id: pause_id ?? '' } : {},
      };
    },
    resolveStringEvaluation: notBoolean<string>,
    resolveNumberEvaluation: notBoolean<number>,
    resolveObjectEvaluation: notBoolean,
  };
}

async function notBoolean<T extends JsonValue>(flag: string): Promise<ResolutionDetails<T>> {
  throw new TypeMismatchError(`${flag} is true or false`);
}

function toLabels({ targetingKey, skill, quest_id, actor_id, agent_id }: EvaluationContext): BrakeLabels {
  return {
    ...text('agent_id', agent_id ?? targetingKey),
    ...text('skill', skill),
    ...text('quest_id', quest_id),
    ...text('actor_id', actor_id),
  };
}

function text(name: keyof BrakeLabels, value: unknown): BrakeLabels {
  return value === undefined ? {} : { [name]: value };
}
