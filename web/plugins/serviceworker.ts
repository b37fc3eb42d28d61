// Bundles the service worker into one classic script at /sw.js, an address that never changes, so its name has no hash.
// It is told which files of this build it keeps.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rolldown } from 'vite';
import { reachable } from './daily.ts';

type Bundle = Rolldown.OutputBundle;
interface Shell {
  build: string;
  entry: string;
  files: string[];
}

const ENTRY = fileURLToPath(new URL('../src/sw/sw.ts', import.meta.url));
const PICTURES = ['/icon.svg', '/icon-192.png', '/badge-96.png', '/manifest.webmanifest'];

export function serviceWorker(): Plugin {
  return {
    name: 'doorstep-service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post', // index.html must be there
      async handler(_options, bundle) {
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: await script(shellOf(bundle)) });
      },
    },
  };
}

function shellOf(bundle: Bundle): Shell {
  const page = bundle['index.html'];
  const entry = Object.values(bundle).find((one) => one.type === 'chunk' && one.isEntry);
  if (page?.type !== 'asset' || entry === undefined) throw new Error('The page was not built.');
  const names = reachable(entry.fileName, (name) => {
    const chunk = bundle[name];
    return chunk?.type === 'chunk' ? { ...chunk, source: chunk.facadeModuleId } : undefined;
  });
  const styles = names.flatMap((name) => {
    const chunk = bundle[name];
    return chunk?.type === 'chunk' ? [...(chunk.viteMetadata?.importedCss ?? [])] : [];
  });
  const files = [...new Set([...names, ...styles].map((name) => `/${name}`)), ...PICTURES].sort();
  const build = createHash('sha256').update(page.source).update(files.join()).digest('hex').slice(0, 12);
  return { build, entry: entry.fileName, files };
}

async function script(shell: Shell): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { SHELL: JSON.stringify(shell) },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      lib: { entry: ENTRY, formats: ['iife'], name: 'doorstep', fileName: () => 'sw.js' },
    },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  if (!('output' in bundle)) throw new Error('The service worker was not built.');
  return bundle.output[0].code;
}
