const KEY = 'orchestra.token';

/**
 * The token of this tab: from `#token=…` in the address, else from an earlier sign-in. A fragment is never sent to a
 * server, and it leaves the address bar and the history at once.
 */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')?.trim();
  if (given === undefined || given === '') return sessionStorage.getItem(KEY);
  history.replaceState(null, '', location.pathname + location.search);
  keepToken(given);
  return given;
}

/** Keeps the token until the tab is closed, and in no other tab. */
export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}
