/**
 * The token of a link `#token=…`; null where there is none. A fragment is never sent to a server, and it leaves the
 * address bar and the history at once.
 */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')?.trim();
  if (given === undefined || given === '') return null;
  history.replaceState(null, '', location.pathname + location.search);
  return given;
}
