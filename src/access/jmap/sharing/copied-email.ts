/**
 * A message that comes from another account: stored as it was there.
 *
 * Standards: RFC 8621 §4.7 (Email/copy), RFC 8620 §5.4.
 */
import type { JsonObject } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { addEmail, readPlacement } from '../email/placement.ts'
import type { CopiedEmail } from './ports.ts'

/** What Email/copy answers for it. Throws SetError, StoreError. */
export async function addCopy(context: JmapContext, email: CopiedEmail, raw: Uint8Array): Promise<JsonObject> {
  const { store } = context
  // Creation references were resolved by whoever sends it.
  const placement = readPlacement(context, { createdIds: new Map(), using: new Set() }, { ...email })
  const incoming = store.incoming()
  try {
    const octets = await incoming.message(raw)
    return store.transaction(() => addEmail(context, { ...placement, raw: octets }))
  } finally {
    await incoming.settle()
  }
}
