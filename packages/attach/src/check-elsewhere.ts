import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Queryable } from '@orchestra/database';
import { atOtherDatabase, HomeNotReadError, listActivePauses, OtherDatabaseError } from '@orchestra/pause-core';
import { COPIES_VERSION } from './build-copies.ts';
import { checkAttachment, type Finding } from './check.ts';
import { findElsewhere, PATIENT, sayPlace, type AttachmentElsewhere } from './elsewhere.ts';

// A pause that has been made just now is copied within this where worker-claimer runs.
const COPIED_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 100;

/**
 * Looks at an attachment, in whichever database it is.
 *
 * @throws AttachError `not_attached`, `not_migrated`
 */
export async function checkAnywhere(home: Database, name: string): Promise<Finding[]> {
  const elsewhere = await findElsewhere(home, name);
  return elsewhere === undefined ? checkAttachment(home, name) : checkElsewhere(home, elsewhere);
}

/** Does the other database answer, are the pauses of home there, and is all of the attachment there? */
async function checkElsewhere(home: Queryable, { name, place }: AttachmentElsewhere): Promise<Finding[]> {
  try {
    return await atOtherDatabase(
      place,
      async (there): Promise<Finding[]> => [
        { what: 'database', verdict: 'well', words: `answers at ${sayPlace(place)}` },
        ...(await checkVersion(there)),
        await checkCopies(home, there),
        ...(await checkAttachment(there, name)),
      ],
      PATIENT,
    );
  } catch (error) {
    if (!(error instanceof OtherDatabaseError)) throw error;
    return [
      {
        what: 'database',
        verdict: 'broken',
        words:
          `${error.message}; what is paused meanwhile is not held there, and what was copied before ` +
          'goes on to hold',
      },
    ];
  }
}

async function checkVersion(there: Queryable): Promise<Finding[]> {
  const {
    rows: [row],
  } = await there.query<{ version: number }>('select c.version from copy_of c');
  return row?.version === COPIES_VERSION
    ? []
    : [
        {
          what: 'version',
          verdict: 'weaker',
          words:
            `attached by another version of Orchestra (${row?.version ?? 'unknown'}, and this is ` +
            `${COPIES_VERSION}): remove and attach again`,
        },
      ];
}

async function checkCopies(home: Queryable, there: Database): Promise<Finding> {
  const deadlineMs = performance.now() + COPIED_WITHIN_MS;
  for (;;) {
    const differing = await differingPauses(home, there);
    if (differing.length === 0)
      return {
        what: 'copies',
        verdict: 'well',
        words: 'the pauses that hold there are those of Orchestra’s own database',
      };
    if (performance.now() > deadlineMs) {
      return {
        what: 'copies',
        verdict: 'broken',
        words: `${differing.join('; ')}: is worker-claimer running, and does it reach that database with its password?`,
      };
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function differingPauses(home: Queryable, there: Queryable): Promise<string[]> {
  const atHome = await activeIds(home).catch((cause: unknown) => {
    throw new HomeNotReadError('the pauses could not be read to be compared', { cause });
  });
  const copied = await activeIds(there);
  const missing = [...atHome].filter((id) => !copied.has(id)).length;
  const extra = [...copied].filter((id) => !atHome.has(id)).length;
  return [
    ...(missing === 0 ? [] : [`${missing} of ${atHome.size} active pauses do not hold there`]),
    ...(extra === 0 ? [] : [`${extra} that have ended still hold there`]),
  ];
}

async function activeIds(db: Queryable): Promise<Set<string>> {
  return new Set((await listActivePauses(db)).map(({ id }) => id));
}
