import type { LabelKind } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { labelAt, reposAt } from '../state/place.ts';
import { Link } from './link.tsx';
import { Prose } from './prose.tsx';

/** A label with its kind, as a link to its own page; of a repo to its gate. */
export function LabelLink({ kind, value }: { kind: LabelKind | 'repo'; value: string }): VNode {
  return (
    <Link to={kind === 'repo' ? reposAt(value) : labelAt(kind, value)} class="scope">
      <span class="kind">{kind}</span>{' '}
      <b>
        <Prose text={value} />
      </b>
    </Link>
  );
}
