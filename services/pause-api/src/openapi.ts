import { describeRoutes, type OpenApiDocument, type Route } from '@orchestra/service-shell';

/** What `/openapi.json` answers. */
export function openApiDocument(routes: readonly Route[]): OpenApiDocument {
  return describeRoutes(
    {
      title: 'Orchestra pause-api',
      version: '1',
      usualUrl: 'http://127.0.0.1:4400',
      description:
        'The scoped emergency brake: stop one agent, one skill, one quest or one actor, everywhere, at once. ' +
        'Errors are problem documents (RFC 9457) with a closed list of codes.',
    },
    routes,
  );
}
