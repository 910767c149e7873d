import type { SqlBinding } from './sql.ts'

const maxBindings = 100
const maxValueBytes = 2_000_000

/** Throws for more or larger values than a Durable Object on Cloudflare takes: other runtimes would let them through. */
export function checkBindings(bindings: readonly SqlBinding[]): void {
  if (bindings.length > maxBindings) throw new Error(`too many SQL variables: ${bindings.length}`)
  for (const value of bindings) {
    if (value === null || typeof value === 'number') continue
    const size = typeof value === 'string' ? value.length : value.byteLength
    if (size > maxValueBytes) throw new Error(`string or blob too big for one column: ${size}`)
  }
}
