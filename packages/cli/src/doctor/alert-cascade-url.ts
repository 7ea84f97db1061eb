import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FoundSettings } from '../profile/settings.ts';

const servicesFile = z.object({ alert_cascade: z.url() });

/** Where alert-cascade is, as `orchestra up` wrote it down: nobody calls it, so no setting names it. */
export function alertCascadeUrl({ home }: FoundSettings): string | undefined {
  if (home === undefined) return undefined;
  try {
    return servicesFile.parse(JSON.parse(new TextDecoder().decode(readFileSync(join(home, 'services.json')))))
      .alert_cascade;
  } catch {
    return undefined; // `up` does not run here
  }
}
