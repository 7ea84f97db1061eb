import type { Database } from '@orchestra/database';
import { failed, ok, warning, type Finding } from './finding.ts';

/** The queues of other engines: is all of the brake still in their claims? */
export async function checkAttachments(db: Database): Promise<Finding> {
  const check = 'attached queues';
  const { AttachError, checkAnywhere, listAttachments, listElsewhere } = await import('@orchestra/attach');
  try {
    const names = [...(await listAttachments(db)), ...(await listElsewhere(db))].map(({ name }) => name).toSorted();
    if (names.length === 0) return ok(check, 'nothing is attached');
    const found = (
      await Promise.all(
        names.map(async (name) => (await checkAnywhere(db, name)).map((finding) => ({ name, ...finding }))),
      )
    ).flat();
    const say = (verdict: string): string =>
      found
        .filter((finding) => finding.verdict === verdict)
        .map(({ name, what, words }) => `${name}, ${what}: ${words}`)
        .join('; ');
    const fix = 'look with `orchestra attach check NAME --worker-url URL`';
    if (say('broken') !== '') return failed(check, say('broken'), fix);
    if (say('weaker') !== '') return warning(check, say('weaker'), fix);
    return ok(check, `${names.join(', ')}: their claims read the pauses`);
  } catch (error) {
    if (error instanceof AttachError) return failed(check, error.message, 'run `orchestra db migrate`');
    throw error;
  }
}
