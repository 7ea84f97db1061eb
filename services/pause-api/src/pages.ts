import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { PAGE_FOLDER } from '@orchestra/dashboard';
import { nameRoute, ProblemError, type OpenApiDocument } from '@orchestra/service-shell';

const SWAGGER_FOLDER = join(PAGE_FOLDER, 'api-page');
/** The addresses of the page: each is answered with it, and it shows that place. */
const PAGE_PATHS = [
  '/',
  '/pauses/:id',
  '/tasks',
  '/tasks/:id',
  '/repos',
  '/workers',
  '/label',
  '/search',
  '/alerts',
  '/history',
];
/** What is asked for below these is not for people. */
const NOT_FOR_PEOPLE = /^\/(api|assets|docs)(\/|$)/;
const ID = /^[1-9][0-9]{0,18}$/;
const NOT_BUILT = `The page has not been built. In the repository run:  npx pnpm --filter @orchestra/dashboard build
\`npx pnpm start\` does it by itself. Everything else but /docs works without it, for example \`orchestra senate pauses\`.
`;

// Its own file, because the content policy allows no script inside a page.
const START_SWAGGER = `window.ui = SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#swagger-ui', validatorUrl: null, deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis], layout: 'BaseLayout',
});
`;
const DOCS = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orchestra pause-api</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/**
 * The operator's page at its addresses, the document of the API and its readable page. They need no token: they hold
 * nothing that the repository does not, and a browser cannot send one with the first request. The page asks for it.
 *
 * @param told.tokenFile where the sign-in says that a token lies
 */
export function servePages(
  app: Express,
  document: OpenApiDocument,
  { tokenFile }: { tokenFile?: string | undefined } = {},
): void {
  const openapi = JSON.stringify(document);
  app.get('/openapi.json', (_request, response) => {
    nameRoute(response, '/openapi.json');
    response.type('application/json').send(openapi);
  });
  app.get('/docs', (_request, response) => {
    nameRoute(response, '/docs');
    response.type('html').send(DOCS);
  });
  app.get('/docs/start.js', (_request, response) => {
    response.type('js').send(START_SWAGGER);
  });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    app.get(`/docs/${file}`, (_request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=3600');
      response.sendFile(file, { root: SWAGGER_FOLDER, cacheControl: false });
    });
  }
  app.all([...PAGE_PATHS, '/docs', '/openapi.json'], (request, _response, next) => {
    if (request.method === 'GET' || request.method === 'HEAD') {
      next();
      return;
    }
    throw new ProblemError('method_not_allowed', `${request.path} knows GET, HEAD, not ${request.method}`, {
      headers: { Allow: 'GET, HEAD' },
    });
  });
  servePage(app, tokenFile);
}

function quoted(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function servePage(app: Express, tokenFile: string | undefined): void {
  const index = join(PAGE_FOLDER, 'index.html');
  if (!existsSync(index)) {
    app.get(PAGE_PATHS, (_request, response) => {
      response.status(503).type('text/plain').send(NOT_BUILT);
    });
    return;
  }
  const page = readFileSync(index, 'utf8').replace(
    '</head>',
    () =>
      `${tokenFile === undefined ? '' : `<meta name="orchestra-token-file" content="${quoted(tokenFile)}">`}</head>`,
  );
  // The page names its files relative to itself, so that it also works behind a proxy that serves it under a path.
  const pageAt = (path: string): string =>
    page.replaceAll('="./', `="${'../'.repeat(path.split('/').length - 2) || './'}`);
  for (const path of PAGE_PATHS) {
    const here = pageAt(path);
    app.get(path, (request, response, next) => {
      if (!ID.test(String(request.params['id'] ?? '1'))) {
        next();
        return;
      }
      nameRoute(response, path);
      response.setHeader('Cache-Control', 'no-cache');
      response.type('html').send(here);
    });
  }
  serveAssets(app);
  // A person who mistypes an address is told so by the page; a program gets the usual refusal.
  app.get(/.*/, (request, response, next) => {
    if (NOT_FOR_PEOPLE.test(request.path) || request.accepts(['json', 'html']) !== 'html') {
      next();
      return;
    }
    nameRoute(response, 'not found');
    response.status(404).setHeader('Cache-Control', 'no-cache');
    response.type('html').send(pageAt(request.path));
  });
}

function serveAssets(app: Express): void {
  // The build puts a hash into the name of everything in there.
  app.use(
    '/assets',
    express.static(join(PAGE_FOLDER, 'assets'), { index: false, redirect: false, immutable: true, maxAge: '365d' }),
  );
}
