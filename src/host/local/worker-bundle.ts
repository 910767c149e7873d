/**
 * Bundles the Worker for workerd, as `wrangler deploy` does for Cloudflare: one ES module, `cloudflare:` and `node:` left
 * to the runtime. It takes a few hundred milliseconds, so nothing is cached and nothing can be stale.
 */
import { build, stop } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { LocalHostError } from './failure.ts'

const entry = fileURLToPath(new URL('../../worker.ts', import.meta.url))

/** The bundled source text. Throws LocalHostError with the compiler's first message. */
export async function bundleWorker(): Promise<string> {
  try {
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2024',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'import', 'default'],
      external: ['cloudflare:*', 'node:*'],
      // Packages that were written for Node name its modules without the prefix.
      alias: Object.fromEntries(nodeModules.map((name) => [name, `node:${name}`])),
      // CommonJS packages call require() for them; workerd has no require, so it is made from static imports.
      banner: { js: requireShim },
      logLevel: 'silent',
      // No source map: nothing reads it (workerd names the bundle's own lines), and it would double the text that this
      // process and workerd keep for as long as they run.
      sourcemap: false,
    })
    const [output] = result.outputFiles
    if (output === undefined) throw new Error('the bundler gave no output')
    return output.text
  } catch (error) {
    throw new LocalHostError(`The Worker could not be bundled: ${(error as Error).message}`, { cause: error })
  } finally {
    // The compiler is a process of 60 MB that would stay as long as the server.
    await stop()
  }
}

const nodeModules = ['buffer', 'crypto', 'events', 'stream', 'string_decoder', 'url', 'util', 'assert']

const requireShim = [
  ...nodeModules.map((name) => `import * as __node_${name} from 'node:${name}'`),
  'const __nodeModules = {',
  ...nodeModules.map((name) => `  'node:${name}': __node_${name},`),
  '}',
  `const require = (name) => {`,
  `  const found = __nodeModules[name] ?? __nodeModules['node:' + name]`,
  `  if (found === undefined) throw new Error('module not available in the Worker: ' + name)`,
  `  return found.default ?? found`,
  `}`,
].join('\n')
