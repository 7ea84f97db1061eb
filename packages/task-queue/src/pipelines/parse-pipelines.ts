import { label } from '@orchestra/pause-core/contract';
import { isMap, isScalar, LineCounter, parseDocument, type Document, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { DONE, isFileBelow, RUNNER_PREFIX, runnerName } from '../contract/index.ts';
import type { Pipeline, Stage } from './pipeline.ts';

// A person reads this table; one longer than this was not written by one.
const TEXT_MAX = 256 * 1024;
const STAGES_MAX = 100;
const PIPELINES_MAX = 100;
const DELIVERABLES_MAX = 100;

const plainFileName = label.refine(
  (name) => !/[\\/]/.test(name) && name !== '.' && name !== '..',
  'must be the name of a file, without a path',
);
const fileBelow = label.refine(isFileBelow, 'must be the path of a file below the working folder');
const skillName = label.refine((name) => !name.startsWith(RUNNER_PREFIX), `must not begin with "${RUNNER_PREFIX}"`);

const declaredStage = z.strictObject({
  skill: skillName.optional().describe('absent: as the stage is called'),
  runner: runnerName.nullish(),
  gate: z.strictObject({ report: plainFileName }).nullish(),
  deliverables: z.array(fileBelow).max(DELIVERABLES_MAX).optional(),
  on_pass: label,
  on_fail: label.optional().describe('absent: once more in the same stage'),
  on_needs_input: label.optional().describe('absent: the stage itself, and there is no other'),
});
const declaredTable = z.strictObject({ pipelines: z.record(label, z.record(label, declaredStage)) });

/** A table of stages that cannot be used, with every problem and its line. */
export class StagesError extends Error {
  override readonly name = 'StagesError';
}

/**
 * Reads a stages file: `pipelines: {name: {stage: {skill?, runner?, gate?: {report}, deliverables?, on_pass, on_fail?,
 * on_needs_input?}}}`. The stages stand in their order; a task begins in the first.
 *
 * @param source what the text came from, for the messages
 * @throws StagesError naming each line and stage
 */
export function parsePipelines(text: string, source: string): Pipeline[] {
  if (text.length > TEXT_MAX)
    throw new StagesError(`${source} is longer than ${TEXT_MAX / 1_024} KiB; a table of stages is a page`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (path: readonly PropertyKey[]): string => `${source}:${lineOf(document, lines, path)}`;
  if (document.errors.length > 0) {
    throw new StagesError(
      document.errors.map((error) => `${source}:${lines.linePos(error.pos[0]).line}: ${error.message}`).join('\n'),
    );
  }
  const lost = keyProblems(document, at);
  if (lost.length > 0) throw new StagesError(lost.join('\n'));
  const parsed = declaredTable.safeParse(plainValue(document, source), {
    error: (issue) => (issue.input === undefined ? 'is required' : undefined),
  });
  if (!parsed.success) {
    throw new StagesError(
      parsed.error.issues.map((issue) => `${at(issue.path)}: ${where(issue.path)}${issue.message}`).join('\n'),
    );
  }
  const pipelines = inOrderOf(document, ['pipelines'], parsed.data.pipelines).map(([name, stages]): Pipeline => ({
    name,
    stages: inOrderOf(document, ['pipelines', name], stages).map(([stage, declared]): Stage => ({
      name: stage,
      skill: declared.skill ?? stage,
      runner: declared.runner ?? null,
      report: declared.gate?.report ?? null,
      deliverables: declared.deliverables ?? [],
      onPass: declared.on_pass,
      onFail: declared.on_fail ?? stage,
      onNeedsInput: declared.on_needs_input ?? stage,
    })),
  }));
  const problems = pipelines.flatMap((pipeline) =>
    problemsIn(pipeline).map(
      ({ path, says }) => `${at(['pipelines', pipeline.name, ...path])}: pipeline ${pipeline.name}: ${says}`,
    ),
  );
  if (pipelines.length === 0) problems.push(`${at(['pipelines'])}: declares no pipeline`);
  if (pipelines.length > PIPELINES_MAX)
    problems.push(`${at(['pipelines'])}: declares more than ${PIPELINES_MAX} pipelines`);
  if (problems.length > 0) throw new StagesError(problems.join('\n'));
  return pipelines;
}

/**
 * The entries in the order in which they are written: an object of JavaScript brings keys that are numbers to its
 * front, and a task begins in the first stage.
 */
function inOrderOf<T>(
  document: Document,
  path: readonly string[],
  entries: Readonly<Record<string, T>>,
): [string, T][] {
  const map = mapAt(document, path);
  const written = map?.items.map(({ key }) => String(isScalar(key) ? key.value : key).normalize('NFC')) ?? [];
  const place = new Map(written.map((key, index) => [key, index]));
  return Object.entries(entries).toSorted(([a], [b]) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
}

/** Found by the names as labels are read, which may be another spelling of what is written. */
function mapAt(document: Document, path: readonly string[]): YAMLMap | undefined {
  let at: unknown = document.contents;
  for (const name of path)
    at = isMap(at)
      ? at.items.find(({ key }) => isScalar(key) && String(key.value).normalize('NFC') === name)?.value
      : undefined;
  return isMap(at) ? at : undefined;
}

/** Keys that would be lost on the way, or stand for one another. */
function keyProblems(document: Document, at: (path: readonly PropertyKey[]) => string): string[] {
  const pipelines = mapAt(document, ['pipelines']);
  const tables = [pipelines, ...(pipelines?.items.map(({ value }) => value) ?? [])].filter((table) => isMap(table));
  return tables.flatMap((table) => {
    const names = table.items.map(({ key }) => String(isScalar(key) ? key.value : key).normalize('NFC'));
    return names.flatMap((name, index) => {
      if (name === '__proto__') return [`${at([])}: no pipeline and no stage may be called __proto__`];
      return names.indexOf(name) === index ? [] : [`${at([])}: ${name} is declared twice, in two spellings`];
    });
  });
}

/** An alias can stand for more text than any table has; none is needed. */
function plainValue(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new StagesError(`${source}: ${cause instanceof Error ? cause.message : String(cause)}; write it out`, {
      cause,
    });
  }
}

interface Problem {
  path: string[];
  says: string;
}

/** Whether every way leads on: each name is known, and passing ends at `done`. */
function problemsIn({ stages }: Pipeline): Problem[] {
  if (stages.length === 0) return [{ path: [], says: 'has no stages' }];
  if (stages.length > STAGES_MAX) return [{ path: [], says: `has more than ${STAGES_MAX} stages` }];
  const known = new Map(stages.map((stage) => [stage.name, stage]));
  const problems: Problem[] = [];
  const names = [...known.keys()].join(', ');
  for (const stage of stages) {
    if (stage.name === DONE)
      problems.push({
        path: [stage.name],
        says: `a stage may not be called ${DONE}: that is where a task is when it is through`,
      });
    if (stage.onPass !== DONE && !known.has(stage.onPass))
      problems.push({
        path: [stage.name, 'on_pass'],
        says:
          `stage ${stage.name}: on_pass names the stage ${stage.onPass}, which is not there; there is: ` +
          `${names}, ${DONE}`,
      });
    if (!known.has(stage.onFail))
      problems.push({
        path: [stage.name, 'on_fail'],
        says: `stage ${stage.name}: on_fail names the stage ${stage.onFail}, which is not there; there is: ${names}`,
      });
    if (stage.onNeedsInput !== stage.name)
      problems.push({
        path: [stage.name, 'on_needs_input'],
        says: `stage ${stage.name}: on_needs_input must be ${stage.name}: an answer is for the stage that asked`,
      });
  }
  if (problems.length > 0) return problems;
  // Passing must come to an end. Failing does by itself: each stage has so many attempts, until it is passed.
  for (const stage of stages) {
    const seen = new Set<string>();
    let at: Stage | undefined = stage;
    while (at !== undefined && !seen.has(at.name)) {
      seen.add(at.name);
      at = known.get(at.onPass);
    }
    if (at !== undefined)
      problems.push({
        path: [stage.name, 'on_pass'],
        says: `stage ${stage.name}: whoever passes it comes round to ${at.name} again and is never ${DONE}`,
      });
  }
  return problems;
}

const where = (path: readonly PropertyKey[]): string => {
  const [table, pipeline, stage, ...field] = path.map(String);
  return [
    pipeline === undefined && table && `${table}: `,
    pipeline && `pipeline ${pipeline}: `,
    stage && `stage ${stage}: `,
    field.length > 0 && `${field.join('.')}: `,
  ]
    .filter(Boolean)
    .join('');
};

/** The line on which what stands at `path` begins, or the nearest thing around it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const around = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (!isMap(around)) continue;
    const pair = around.items.find(({ key }) => isScalar(key) && String(key.value) === String(path[depth - 1]));
    const key = pair?.key;
    if (isScalar(key) && key.range) return lines.linePos(key.range[0]).line;
  }
  return 1;
}
