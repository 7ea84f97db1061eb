import { z } from 'zod';
import { PERMISSIONS, role } from './tokens.ts';

/** `POST /api/session`: signs a page in. */
export const sessionRequest = z.strictObject({ token: z.string().min(1).max(200) }).meta({ id: 'SessionRequest' });

/** Who is signed in, and what a page may offer them. */
export const sessionView = z
  .strictObject({
    name: z.string(),
    role,
    permissions: z.array(z.enum(PERMISSIONS)),
  })
  .meta({ id: 'Session' });

/** `DELETE /api/session` */
export const signedOut = z.strictObject({ signed_out: z.literal(true) }).meta({ id: 'SignedOut' });

export type SessionView = z.infer<typeof sessionView>;
