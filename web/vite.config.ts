import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { icons } from './plugins/icons.ts';
import { precompress } from './plugins/precompress.ts';
import { serviceWorker } from './plugins/serviceworker.ts';

const SHARED =
  /node_modules|src\/(?:api\/(?:client|fault)|parts\/(?:Icon|Notice|Live\w+)|rules\/(?:backoff|chase|fragment|freshness|router|stall|times|zoom)|state\/(?:house|memory|navigation|pictures|player|poll|presence|toast|watching)|ways\/(?:mse|snapshots|stage)|words)\b/;

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
      output: {
        // What every page needs, in one file: small ones pack worse.  Which pages load it, their imports decide.
        codeSplitting: {
          groups: [{ name: 'shared', test: SHARED }],
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
