import { describeRoutes, nameRoute, type AppOptions, type OpenApiDocument, type Route } from '@orchestra/service-shell';

/** What `/openapi.json` answers. */
export function openApiDocument(routes: readonly Route[]): OpenApiDocument {
  return describeRoutes(
    {
      title: 'Orchestra worker-claimer',
      version: '1',
      usualUrl: 'http://127.0.0.1:4401',
      description:
        'The queue: add tasks, claim them, say how they ended. No claim takes a task that an active pause ' +
        'covers. Errors are problem documents (RFC 9457) with a closed list of codes.',
    },
    routes,
  );
}

/** Serves `/openapi.json`. It needs no token: it holds nothing that the repository does not. */
export function serveOpenApi(document: OpenApiDocument): NonNullable<AppOptions['pages']> {
  const text = JSON.stringify(document);
  return (app) => {
    app.get('/openapi.json', (_request, response) => {
      nameRoute(response, '/openapi.json');
      response.type('application/json').send(text);
    });
  };
}
