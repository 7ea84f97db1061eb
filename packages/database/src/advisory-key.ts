/**
 * Advisory locks belong to the database, and several installations may share one: the key of a lock in the schema that
 * the connection works in, as SQL. In `public` it is the number itself, as code of the version before takes it.
 *
 * @param parameter such as `$1`, for the number of the lock
 */
export function advisoryKey(parameter: string): string {
  return (
    `${parameter}::bigint + case when current_schema() = 'public' then 0 else ` +
    'hashtext(current_schema())::bigint << 32 end'
  );
}

/** The same for what is locked by name: the text whose hash is the key. */
export function advisoryName(parameter: string): string {
  return (
    `case when current_schema() = 'public' then ${parameter}::text else current_schema() || ' ' || ` +
    `${parameter}::text end`
  );
}
