/**
 * `UIDBATCHES`: where to cut the mailbox into pieces of about so many messages.
 *
 * Standards: RFC 10022 §3.1.
 */
import { no } from '../../../protocol/imap/index.ts'
import type { UidBatchesCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'

/** Smaller ones would give back the sequence numbers that UIDONLY takes away (RFC 10022 §3.1.3). */
const smallest = 500

export function uidBatches(context: Context, { size, from, to }: UidBatchesCommand, tag: string): Completion {
  if (size < smallest) throw no(`A batch has at least ${smallest} messages`, 'TOOFEW')
  const { map } = context.mailbox
  const ranges: string[] = []
  // Newest first; each begins where the one before ends, and the last ends at 1: no UID is in between.
  for (let batch = from; batch <= to && (batch - 1) * size < map.length; batch++) {
    const first = map.length - (batch - 1) * size
    const high = batch === 1 ? map.uidAt(first) : map.uidAt(first + 1) - 1
    const low = first > size ? map.uidAt(first - size + 1) : 1
    ranges.push(`${high}:${low}`)
  }
  const found = ranges.length === 0 ? '' : ` ${ranges.join(',')}`
  context.output.text(`* UIDBATCHES (TAG "${tag}")${found}\r\n`)
  return { text: 'UIDBATCHES completed' }
}
