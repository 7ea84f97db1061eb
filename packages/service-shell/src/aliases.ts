import type { Express } from 'express';

/** Names that monitors and smokes of other systems ask by, and the paths that answer them. */
export const ALIASES: Readonly<Record<string, string>> = {
  '/health': '/livez',
  '/status': '/readyz',
  '/queue': '/api/queue',
};

/** Answers each alias as its path does: the same call, with the same permission. Comes before all routes. */
export function serveAliases(app: Express): void {
  app.use((request, _response, next) => {
    const at = request.url.indexOf('?');
    const [path, query] = at === -1 ? [request.url, ''] : [request.url.slice(0, at), request.url.slice(at)];
    if (Object.hasOwn(ALIASES, path)) request.url = `${ALIASES[path]}${query}`;
    next();
  });
}
