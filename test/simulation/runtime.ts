/** Lets Node load the Worker's classes: for long runs outside of vitest. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'cloudflare:workers'
      ? { url: new URL('cloudflare-workers.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
})
