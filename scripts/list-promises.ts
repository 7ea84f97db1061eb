// Writes the lists of tests in docs/pause-spec.md again, from the names of the tests. The words stay as they are.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allTestNames, promisesOf, ROOT } from '../packages/testkit/test/test-names.ts';

const SPEC = join(ROOT, 'docs/pause-spec.md');

const names = await allTestNames();
const sections = readFileSync(SPEC, 'utf8').split(/^(?=## )/m);
writeFileSync(SPEC, `${sections.map((section) => withList(section).trimEnd()).join('\n\n')}\n`);

function withList(section: string): string {
  const promise = /^## (P\d+) /.exec(section)?.[1];
  if (promise === undefined) return section;
  const [words = ''] = section.split(/^- \[/m);
  const lists = [...names].flatMap(([file, all]) => {
    const holding = [...new Set(all)].filter((name) => promisesOf(name).includes(promise));
    return holding.length === 0 ? [] : [`- [${file}](../${file})`, ...holding.map((name) => `  - *${name}*`)];
  });
  return `${words.trimEnd()}\n\n${lists.join('\n')}`;
}
