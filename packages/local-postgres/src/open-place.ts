/**
 * Where things go that the system user `postgres` must reach and cannot reach in the clone. Only root writes under
 * /var/lib, so nobody else can put a program there first, as anyone could in the folder for temporary files.
 */
export const OPEN_PLACE = '/var/lib/orchestra';
