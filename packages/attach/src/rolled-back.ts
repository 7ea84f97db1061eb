import { inTransaction, type Database, type Transaction } from '@orchestra/database';

/** Does something in one transaction that is rolled back, and answers what it answered: nothing of it stays. */
export async function rolledBack<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const undone = new Error('undone');
  let answered: { answer: T } | undefined;
  try {
    await inTransaction(db, async (tx) => {
      answered = { answer: await work(tx) };
      throw undone;
    });
  } catch (error) {
    if (error !== undone) throw error;
  }
  if (answered === undefined) throw new Error('a transaction was rolled back before its work had answered');
  return answered.answer;
}
