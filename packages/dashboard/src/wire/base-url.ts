/**
 * What everything of this installation stands behind, with a slash at the end. The built script stands under `assets/`,
 * so this also holds behind a proxy that serves the page under a path.
 */
const thisScript = import.meta.url;
export const BASE_URL = import.meta.env.DEV ? `${location.origin}/` : new URL('../', thisScript).href;
