/** The words of whatever was thrown. An AggregateError (a host with several addresses) has none of its own. */
export function wordsOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return (first instanceof Error ? first.message || first.name : String(first)) || 'an error without words';
}
