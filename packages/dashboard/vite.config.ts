import { defineConfig } from 'vite';

export default defineConfig({
  // Relative, so that the page also works behind a proxy that serves it under a path.
  base: './',
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
