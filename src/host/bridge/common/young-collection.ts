/**
 * Frees the buffers of what has passed through, before the collector of the whole heap has to.
 *
 * Each read makes a buffer outside V8's heap that is garbage a moment later. A young collection frees it for next to
 * nothing, but V8 starts one by the objects in its heap, of which a pump makes few; long before that, some 32 MB of
 * buffers make it mark the whole heap. Measured on 17 MB of bodies: 57 ms of the bridge's time, of which 45 ms was
 * marking; 13 ms with a young collection (0.4 ms) for every 4 MB.
 *
 * The buffers are freed by the collection itself, not by another thread later: on a busy machine that thread came too late,
 * and V8 marked the whole heap for buffers that were garbage already (43 times in 400 MB of POP3, else 9 to 13; the bridge's
 * CPU time was twice as much).
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { type: 'minor' }) => void

/** Octets between two collections: well below what starts the full one, so much that the cost does not show. */
const stride = 4 * 1024 * 1024

let passed = 0
let collect: Collect | undefined

/** So many octets have passed through buffers of their own, or are otherwise garbage now. */
export function buffersPassed(octets: number): void {
  passed += octets
  if (passed < stride) return
  passed = 0
  collect ??= collector()
  collect({ type: 'minor' })
}

/** Deno's collector cannot be asked: there this file changes nothing. */
function collector(): Collect {
  if ('Deno' in globalThis) return () => {}
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as Collect
}
