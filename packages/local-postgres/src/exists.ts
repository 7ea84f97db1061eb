import { access } from 'node:fs/promises';

/** Is there something under this path that this process can see? */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
