/** Lets Node load the Worker's classes, and any file with a fault in it. */
import { registerHooks } from 'node:module'
import { mutations } from './mutations.ts'

const source = new URL('../../src/', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'cloudflare:workers'
      ? { url: new URL('cloudflare-workers.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
})

/** To be called before the rooms are loaded. */
export function mutate(name: string): void {
  const mutation = mutations.find((known) => known.name === name)
  if (mutation === undefined) throw new Error(`there is no mutation "${name}"`)
  const { file, text, instead } = mutation
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (url !== source + file) return loaded
      const code = Buffer.from(loaded.source as Uint8Array).toString()
      if (!code.includes(text)) throw new Error(`src/${file} does not say "${text}"`)
      return { ...loaded, source: code.replace(text, () => instead) }
    },
  })
}
