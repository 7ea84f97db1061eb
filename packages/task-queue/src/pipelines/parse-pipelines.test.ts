import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parsePipelines, StagesError } from './parse-pipelines.ts';
import { DEFAULT_PIPELINES } from './pipeline.ts';

const EXAMPLE = new URL('../../../../examples/pipeline/stages.yaml', import.meta.url);

test('the example declares what there is without a file', () => {
  expect(parsePipelines(readFileSync(EXAMPLE, 'utf8'), 'stages.yaml')).toEqual(DEFAULT_PIPELINES);
});

test('what is left away is the obvious: the skill is called as the stage, a failure is tried again there', () => {
  expect(
    parsePipelines(
      'pipelines:\n  short:\n    build: { on_pass: ship, deliverables: [design.md, out/data.json] }\n    ' +
        'ship: { skill: shipping, on_pass: done, on_fail: build }\n',
      's',
    ),
  ).toEqual([
    {
      name: 'short',
      stages: [
        {
          name: 'build',
          skill: 'build',
          runner: null,
          report: null,
          deliverables: ['design.md', 'out/data.json'],
          onPass: 'ship',
          onFail: 'build',
          onNeedsInput: 'build',
        },
        {
          name: 'ship',
          skill: 'shipping',
          runner: null,
          report: null,
          deliverables: [],
          onPass: 'done',
          onFail: 'build',
          onNeedsInput: 'ship',
        },
      ],
    },
  ]);
});

test('stages stand in the order in which they are written, also those that are called by numbers', () => {
  const table = parsePipelines(
    'pipelines:\n  b: { 10: { on_pass: "9" }, 9: { on_pass: z }, z: { on_pass: done } }\n  1: { a: { ' +
      'on_pass: done } }\n  Jose\u0301: { e\u0301: { on_pass: done } }\n',
    's',
  );
  expect(table.map(({ name, stages }) => [name, stages.map((stage) => stage.name)])).toEqual([
    ['b', ['10', '9', 'z']],
    ['1', ['a']],
    ['Jos\u00e9', ['\u00e9']],
  ]);
});

const declared = (...stages: string[]): string =>
  `pipelines:\n  default:\n${stages.map((stage) => `    ${stage}\n`).join('')}`;

test.each([
  ['no YAML', 'pipelines: [', /^stages.yaml:1: /],
  ['the same stage twice', declared('a: { on_pass: done }', 'a: { on_pass: done }'), /^stages.yaml:4: .*unique/],
  ['something else', 'stages: {}', /^stages.yaml:1: .*pipelines/],
  ['no pipeline', 'pipelines: {}', /declares no pipeline/],
  ['no stages', 'pipelines: { default: {} }', /pipeline default: has no stages/],
  [
    'an unknown field',
    declared('a: { on_pass: done }', 'b: { on_pass: done, on_red: a }'),
    /^stages.yaml:4: pipeline default: stage b: .*on_red/,
  ],
  ['a missing way', declared('a: { skill: x }'), /^stages.yaml:3: pipeline default: stage a: on_pass: /],
  [
    'an unknown runner',
    declared('a: { on_pass: done, runner: ci }'),
    /^stages.yaml:3: pipeline default: stage a: runner: .*test.*staging/,
  ],
  [
    'a way to nowhere',
    declared('a: { on_pass: b }'),
    /^stages.yaml:3: pipeline default: stage a: on_pass names the stage b, which is not there; there is: a, done/,
  ],
  [
    'a way back to nowhere',
    declared('a: { on_pass: done,', '    on_fail: b }'),
    /^stages.yaml:4: pipeline default: stage a: on_fail names the stage b/,
  ],
  [
    'a way back that ends well',
    declared('a: { on_pass: done, on_fail: done }'),
    /on_fail names the stage done, which is not there/,
  ],
  [
    'a question for somebody else',
    declared('a: { on_pass: b }', 'b: { on_pass: done, on_needs_input: a }'),
    /^stages.yaml:4: pipeline default: stage b: on_needs_input must be b/,
  ],
  ['a stage called done', declared('done: { on_pass: done }'), /a stage may not be called done/],
  [
    'a circle',
    declared('a: { on_pass: b }', 'b: { on_pass: a }'),
    /stage a: whoever passes it comes round to a again and is never done/,
  ],
  [
    'a stage that no object can hold',
    declared('a: { on_pass: done }', '__proto__: { on_pass: done }'),
    /no stage may be called __proto__/,
  ],
  [
    'one name in two spellings',
    declared('e\u0301: { on_pass: done }', '\u00e9: { on_pass: done }'),
    /declared twice, in two spellings/,
  ],
  [
    'a report with a path',
    declared('a: { on_pass: done, gate: { report: ../x } }'),
    /gate.report: must be the name of a file/,
  ],
  [
    'a deliverable elsewhere',
    declared('a: { on_pass: done, deliverables: [out/../../x] }'),
    /deliverables.0: must be the path of a file below the working folder/,
  ],
  [
    'a deliverable from the root',
    declared('a: { on_pass: done, deliverables: [/etc/x] }'),
    /deliverables.0: must be the path/,
  ],
  [
    'a skill that names a runner',
    declared('a: { on_pass: done, skill: "runner:x" }'),
    /skill: must not begin with "runner:"/,
  ],
  [
    'an alias bomb',
    `pipelines: &p\n  a: { b: { on_pass: done } }\nmore: [*p, *p]\n`,
    /^stages.yaml: Alias.*write it out/,
  ],
])('%s is refused, with the line', (_what, text, message) => {
  expect(() => parsePipelines(text, 'stages.yaml')).toThrow(StagesError);
  expect(() => parsePipelines(text, 'stages.yaml')).toThrow(message);
});

test('every problem is told at once', () => {
  const told = (() => {
    try {
      parsePipelines(declared('a: { on_pass: x }', 'b: { on_pass: y, on_fail: z }'), 's');
      return '';
    } catch (error) {
      return String(error);
    }
  })();
  expect(told.split('\n')).toHaveLength(3);
});
