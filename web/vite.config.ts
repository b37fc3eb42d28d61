import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { icons } from './plugins/icons.ts';
import { precompress } from './plugins/precompress.ts';
import { serviceWorker } from './plugins/serviceworker.ts';

// What the first picture needs, and no more: what plays the film (ways/mse and its rules) is loaded beside it, and what
// Svelte has for forms with the pages that have some.
const SHARED =
  /preload-helper|node_modules\/(?!svelte\/.*(?:bindings\/(?:input|select|size|universal)|shared\/clone)\.js)|src\/(?:language|api\/(?:client|fault)|parts\/(?:Icon|Notice|Toast|Live(?:Facts|Picture|Stage))|rules\/(?:backoff|clocks|freshness|router|serverclock|stall|ways|zone|zoom)|state\/(?:clipwish|house|installing|manner|memory|navigation|pictures|player|poll|presence|refresh|toast|watching)|ways\/(?:snapshots|stage)|words\/core)\b/;

export default defineConfig({
  base: '/',
  plugins: [svelte(), serviceWorker(), icons(), precompress()],
  build: {
    outDir: fileURLToPath(new URL('../src/doorstep/web/dist', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0, // the policy allows data: pictures, but hashed files are cached for ever
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      // What Svelte brings along and these pages do not use: custom elements, forms on pages that have none.
      treeshake: { moduleSideEffects: [{ test: /svelte\/src\/(?:internal|legacy)\//, sideEffects: false }] },
      output: {
        // The first page names every file that it may ask for later, so each letter counts a hundred times.
        entryFileNames: 'assets/[name]-[hash:7].js',
        chunkFileNames: ({ name }) => `assets/${name.replace('.svelte', '')}-[hash:7].js`,
        assetFileNames: 'assets/[name]-[hash:6][extname]',
        // What every page needs, in one file: small ones pack worse.  Which pages load it, their imports decide.
        codeSplitting: {
          includeDependenciesRecursively: false, // else the pages' own needs come along
          groups: [
            { name: 'shared', test: SHARED },
            { name: 'sheet', test: /src\/parts\/(?:Sheet|tapbeside|clip\/)/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8088' } },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    env: { TZ: 'Europe/Berlin' },
    sequence: { shuffle: true },
  },
});
