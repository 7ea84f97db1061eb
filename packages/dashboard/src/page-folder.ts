import { join } from 'node:path';

/** Where `vite build` leaves the page: the folder that pause-api serves at `/`. Absolute. */
export const PAGE_FOLDER = join(import.meta.dirname, '..', 'dist');
