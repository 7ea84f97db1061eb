/** Of a query those parameters that are known, and not empty: what else stands in an address is not sent on. */
export function queryAmong(known: readonly string[], query: URLSearchParams): URLSearchParams {
  return new URLSearchParams(
    known.flatMap((name) => {
      const value = query.get(name);
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );
}
