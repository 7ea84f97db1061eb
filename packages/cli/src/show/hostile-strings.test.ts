import type { ActivePauseView, AlertView } from '@orchestra/pause-core/contract';
import { HOSTILE_STRINGS } from '@orchestra/testkit';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { showAlerts } from './alerts.ts';
import { showPauses } from './pauses.ts';
import { sayPause } from './say-pause.ts';
import { printableJson, visibleLines, visibleText } from './visible-text.ts';

// What moves a cursor, colours, rings, breaks a line, turns the direction round, or has no width.
const OBEYED = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/u;
const AT = '2026-11-21T03:00:00.000Z';
const pauseOf = (text: string): ActivePauseView => ({
  id: '12',
  scope_kind: 'actor',
  scope_value: text,
  also: null,
  reason: text,
  source: 'person',
  paused_at: AT,
  paused_by: text,
  ttl_seconds: null,
  expires_at: null,
  cleared_at: null,
  cleared_by: null,
  quiet_at: null,
  then: 'resume',
  stayed_at: null,
  probing_at: null,
  probe_task_id: null,
  warned_at: null,
  age_seconds: 1,
  remaining_seconds: null,
  in_flight_count: 0,
  claimed_ahead_count: 0,
  queued: 0,
  queued_more: false,
  quiet: true,
});
const alertOf = (text: string): AlertView => ({
  id: '7',
  kind: text,
  ref_id: text,
  severity: text,
  details: { [text]: text },
  created_at: AT,
  ack_at: AT,
  ack_by: text,
  resolved_at: null,
  fed: null,
});
const withoutColour = stripVTControlCharacters;

test.each(HOSTILE_STRINGS)('$name is shown as text in a terminal', ({ text }) => {
  expect(visibleText(text)).not.toMatch(OBEYED);
  expect(sayPause(pauseOf(text))).not.toMatch(OBEYED);
  expect(visibleLines(text).split('\n').join('')).not.toMatch(OBEYED);
  const plain = ['showPauses', 'showAlerts'].map((name) =>
    withoutColour(name === 'showPauses' ? showPauses([pauseOf('plain')]) : showAlerts([alertOf('plain')])),
  );
  const shown = [showPauses([pauseOf(text)]), showAlerts([alertOf(text)])].map(withoutColour);
  for (const [index, table] of shown.entries()) {
    expect(table.replaceAll('\n', '')).not.toMatch(OBEYED);
    expect(table.split('\n').length).toBe(plain[index]?.split('\n').length); // one row, however it tries
  }
});

test.each(HOSTILE_STRINGS)('$name comes back from JSON as it was', ({ text }) => {
  const printed = printableJson({ text });
  expect(printed).not.toMatch(OBEYED);
  expect(JSON.parse(printed)).toEqual({ text });
});
