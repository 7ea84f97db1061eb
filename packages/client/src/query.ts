/** `?a=1&b=2` from what is given; fields that are undefined or null are left out, and without any there is no `?`. */
export function queryString(fields: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
