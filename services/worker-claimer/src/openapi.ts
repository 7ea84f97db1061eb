import { describeRoutes, nameRoute, type AppOptions, type Route } from '@orchestra/service-shell';

/** Serves `/openapi.json`. It needs no token: it holds nothing that the repository does not. */
export function serveOpenApi(routes: readonly Route[]): NonNullable<AppOptions['pages']> {
  const document = JSON.stringify(describeRoutes({
    title: 'Orchestra worker-claimer', version: '1',
    description: 'The queue: add tasks, claim them, say how they ended. No claim takes a task that an active pause covers. Errors are problem documents (RFC 9457) with a closed list of codes.',
  }, routes));
  return (app) => {
    app.get('/openapi.json', (_request, response) => {
      nameRoute(response, '/openapi.json');
      response.type('application/json').send(document);
    });
  };
}
