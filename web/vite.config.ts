import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { precompress } from './plugins/precompress.ts';

export default defineConfig({
  base: '/',
  plugins: [svelte(), precompress()],
  build: {
    outDir: fileURLToPath(new URL('../src/doorstep/web/dist', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0, // the policy allows data: pictures, but hashed files are cached for ever
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8088' } },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    env: { TZ: 'Europe/Berlin' },
    sequence: { shuffle: true },
  },
});
