import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

/**
 * The files of the readable page of the API, which pause-api serves at /docs, with their licence. They are copied into
 * the build because installing `swagger-ui-dist` also installs a package that reports each installation to others.
 */
function apiPage(): Plugin {
  const from = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return {
    name: 'orchestra-api-page',
    generateBundle() {
      for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE']) {
        // The source maps are not copied.
        const source = readFileSync(join(from, file), 'utf8').replace(/\/[/*]# sourceMappingURL=.*\s*$/, '');
        this.emitFile({ type: 'asset', fileName: `api-page/${file}`, source });
      }
    },
  };
}

export default defineConfig({
  // Relative, so that the page also works behind a proxy that serves it under a path.
  base: './',
  plugins: [apiPage()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The licence texts of the libraries that the page takes in, for the package that carries it.
    license: { fileName: 'LICENSES-OF-INLINED-CODE.md' },
    target: 'es2023',
    // The page is served under `default-src 'none'`: nothing is inlined, nothing comes from elsewhere.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One file: this page is small, and an operator's network may be the thing that is broken.
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
