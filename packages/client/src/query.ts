type Scalar = string | number | boolean | null | undefined;

/** `?a=1&b=2` from what is given; fields that are undefined or null are left out, and without any there is no `?`. */
export function queryString<T extends { [K in keyof T]: Scalar }>(fields: T): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries<Scalar>(fields)) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}
