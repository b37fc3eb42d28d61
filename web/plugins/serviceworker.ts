// Bundles the service worker into one classic script at /sw.js: an address that never changes, so its name has no hash.
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const ENTRY = fileURLToPath(new URL('../src/sw/sw.ts', import.meta.url));

export function serviceWorker(): Plugin {
  return {
    name: 'doorstep-service-worker',
    apply: 'build',
    async renderStart() {
      const built = await build({
        configFile: false,
        logLevel: 'error',
        build: {
          write: false,
          target: 'es2022',
          modulePreload: false,
          lib: { entry: ENTRY, formats: ['iife'], name: 'doorstep', fileName: () => 'sw.js' },
        },
      });
      const [bundle] = Array.isArray(built) ? built : [built];
      if (!('output' in bundle)) throw new Error('The service worker was not built.');
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: bundle.output[0].code });
    },
  };
}
