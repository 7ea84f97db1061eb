import { z } from 'zod';
import { id, instant, label } from './text.ts';

/** A gate reports at least so often. One that was not heard of for three times as long counts as gone. */
export const GATE_REPORT_EVERY_MS = 5_000;
export const GATE_SILENT_MS = 3 * GATE_REPORT_EVERY_MS;
/** More pauses than these are not named in a report; what is beyond counts as not confirmed. */
export const KNOWN_PAUSES_MAX = 5_000;
export const REFUSALS_MAX = 200;

/** The labels of one step, as a gate asks about them. */
const stepLabels = {
  agent_id: label.optional(),
  skill: label.optional(),
  quest_id: label.optional(),
  actor_id: label.optional(),
};

/** Steps that one pause has stopped at one gate. */
export const gateRefusal = z
  .strictObject({
    pause_id: id,
    agent_id: label.nullish(),
    skill: label.nullish().describe('of the last one'),
    refused: z.int().min(1).max(1_000_000_000),
    first_ago_ms: z.number().min(0),
    last_ago_ms: z.number().min(0),
  })
  .meta({ id: 'GateRefusal' });

/** `POST /api/turn-gates/report` */
export const gateReport = z
  .strictObject({
    id: z.guid().describe('of the process, made when it begins'),
    name: label,
    kind: label.describe('what kind of gate it is, such as brake, mcp-gateway or bullmq'),
    host: label.nullish(),
    stops_when_unknown: z.boolean().describe('what it does while it cannot know what is paused: stop (true) or go on'),
    known_pauses: z
      .array(id)
      .max(KNOWN_PAUSES_MAX)
      .nullish()
      .describe('every active pause that it knows; null: as in its last report'),
    refusals: z.array(gateRefusal).max(REFUSALS_MAX).default([]).describe('since its last report'),
    leaving: z.boolean().default(false).describe('true: it ends now'),
  })
  .meta({ id: 'GateReport' });

export const gateReportAnswer = z
  .strictObject({
    report_again_ms: z.number().describe('report again within this time, or sooner when there is news'),
  })
  .meta({ id: 'GateReportAnswer' });

/** `POST /api/turn-gates/ask` */
export const gateQuestion = z
  .strictObject({
    ...stepLabels,
    gate: label
      .optional()
      .describe('who asks, for a gate that keeps no copy: a refusal is then counted under this name'),
  })
  .refine(
    ({ agent_id, skill, quest_id, actor_id }) =>
      [agent_id, skill, quest_id, actor_id].some((value) => value !== undefined),
    'give at least one label: agent_id, skill, quest_id, actor_id',
  )
  .meta({ id: 'GateQuestion' });

/** Which gates have what in mind about one pause, at that instant. */
export const gateCounts = z
  .strictObject({
    connected: z.int().describe('gates with a copy of the pauses that have reported lately'),
    confirmed: z.int().describe('those of them whose copy has this pause'),
  })
  .meta({ id: 'GateCounts' });

/** A process that asks before each step. */
export const turnGateView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    by: z.string().describe('the name of its token'),
    host: z.string().nullable(),
    keeps_copy: z.boolean().describe('false: it asks the service each time, and has nothing to confirm'),
    stops_when_unknown: z.boolean(),
    began_at: instant,
    seen_at: instant,
  })
  .meta({ id: 'TurnGate' });

/** `GET /api/turn-gates` */
export const turnGates = z
  .strictObject({
    gates: z.array(turnGateView).describe('connected now, the newest first; the first 200'),
    count: z.int(),
  })
  .meta({ id: 'TurnGates' });

/** Who met a pause. */
export const refusalView = z
  .strictObject({
    gate: z.string().describe('empty: gates beyond those that are told apart'),
    by: z.string(),
    agent_id: z.string().nullable(),
    skill: z.string().nullable().describe('of the last one'),
    refused: z.int(),
    last_at: instant,
  })
  .meta({ id: 'GateRefusalView' });

/** What gates have to do with one pause. */
export const pauseGates = z
  .strictObject({
    ...gateCounts.shape,
    unconfirmed: z
      .array(turnGateView)
      .describe('connected, and without this pause in their copy; the first 20. Of a pause that has ended: none'),
    refused: z.int().describe('steps that it has stopped at gates'),
    refused_by: z.int().describe('by so many gates'),
    last_refused_at: instant.nullable(),
    refusals: z.array(refusalView).describe('the latest first; the first 50'),
  })
  .meta({ id: 'PauseGates' });

export type GateRefusal = z.infer<typeof gateRefusal>;
export type GateReport = z.infer<typeof gateReport>;
export type GateReportRequest = z.input<typeof gateReport>;
export type GateQuestion = z.infer<typeof gateQuestion>;
export type GateCounts = z.infer<typeof gateCounts>;
export type TurnGateView = z.infer<typeof turnGateView>;
export type PauseGates = z.infer<typeof pauseGates>;
