/**
 * The selected mailbox as the place that messages are carried away from: the user's own, or somebody else's.
 *
 * Standards: RFC 9051 §6.4.7–6.4.8.
 */
import { concat } from '../../../format/index.ts'
import type { ImapCommand, RawCommand } from '../../../protocol/imap/index.ts'
import { highestModSeqCode } from '../command/expunge.ts'
import type { Context } from '../context.ts'
import { messagesOf, namedIn, type CarriedMessage } from '../guest/carried.ts'
import type { Host } from './visiting.ts'
import { completionOf, sentCommand, visit } from './visit.ts'

export interface Source {
  /** The messages that the command names. Throws what the client is to be told. */
  named(): Promise<readonly (readonly [uid: number, size: number])[]>
  /** Those that are still there. */
  take(uids: readonly number[]): Promise<CarriedMessage[]>
  /** They are in the other mailbox now. What the tagged OK says besides. */
  remove(uids: readonly number[]): Promise<{ code?: string }>
}

export function ownSource(context: Context, command: Extract<ImapCommand, { name: 'COPY' | 'MOVE' }>): Source {
  return {
    named: () => Promise.resolve(namedIn(context, command)),
    take: (uids) => messagesOf(context, uids),
    remove(uids) {
      const { mailbox } = context.writable
      context.actingItself(() => context.store.expunge(mailbox, uids))
      return Promise.resolve(highestModSeqCode(context, mailbox))
    },
  }
}

export function otherSource(context: Context, host: Host, raw: RawCommand): Source {
  return {
    async named() {
      const work = { do: 'name', command: sentCommand(raw) } as const
      const answer = await visit(context, host, raw.tag, work, raw.literals)
      completionOf(answer)
      return answer.named ?? []
    },
    async take(uids) {
      const pieces: Uint8Array[] = []
      const answer = await visit(context, host, raw.tag, { do: 'take', uids }, [], (piece) => void pieces.push(piece))
      completionOf(answer)
      const all = pieces.length === 1 ? (pieces[0] as Uint8Array) : concat(pieces)
      let at = 0
      return (answer.taken ?? []).map(({ size, ...facts }) => ({ ...facts, raw: all.subarray(at, (at += size)) }))
    },
    async remove(uids) {
      const { code } = completionOf(await visit(context, host, raw.tag, { do: 'remove', uids })) ?? {}
      return code === undefined ? {} : { code }
    },
  }
}
