import { readFileSync } from 'node:fs';
import { isSocketFolder } from './address.ts';

/**
 * The password that a file in the form of `.pgpass` has for this server; undefined where it has none, or cannot be
 * read.
 */
export function passwordFromFile(
  file: string,
  wanted: { host: string; port: number; database: string; user: string },
): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // as psql: nobody has to have one
  }
  const fields = [
    isSocketFolder(wanted.host) ? 'localhost' : wanted.host,
    String(wanted.port),
    wanted.database,
    wanted.user,
  ];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    // A colon or a backslash within a field is written behind a backslash.
    const [host, port, database, user, password] = (line.match(/(?:\\.|[^:\\])*(?::|$)/g) ?? []).map((field) =>
      field.replace(/:$/, '').replace(/\\(.)/g, '$1'),
    );
    if (
      password !== undefined &&
      [host, port, database, user].every((field, at) => field === '*' || field === fields[at])
    )
      return password;
  }
  return undefined;
}
