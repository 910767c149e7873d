/**
 * Grants and annotations of shared mailboxes, for those who may look at and change them.
 *
 * Standards: RFC 4314 §4 (`a` for SETACL, DELETEACL, GETACL, LISTRIGHTS), RFC 5464 §3.3 (`r` to read annotations, `w` to
 * change shared ones). Private annotations are the owner's: others have none.
 */
import type { Annotations } from '../annotations.ts'
import { StoreError } from '../errors.ts'
import type { Grants } from '../grants.ts'
import type { MailboxId } from '../ids.ts'
import type { OpenAccount } from '../open-account.ts'
import type { Right } from '../rights.ts'
import type { Person } from '../share-news.ts'

interface Ports {
  readonly parts: OpenAccount
  /** Throws unless the guest has these rights. */
  readonly allow: (mailbox: MailboxId, rights: readonly Right[]) => void
}

export function guestGrants({ parts, guest, allow }: Ports & { guest: Person }): Pick<Grants, 'of' | 'set'> {
  return {
    of(mailbox) {
      allow(mailbox, ['a'])
      return parts.grants.of(mailbox)
    },
    set(mailbox, principal, rights) {
      allow(mailbox, ['a'])
      parts.grants.set(mailbox, principal, rights)
      // Whoever is told of it hears who did it (RFC 9670 §3).
      const telling = parts.shareTellings.get(principal)
      if (telling.changedBy?.id !== guest.id) parts.shareTellings.save({ ...telling, changedBy: guest })
    },
  }
}

export function guestAnnotations({ parts, allow }: Ports): Pick<Annotations, 'of' | 'set'> {
  return {
    of(mailbox) {
      if (mailbox === undefined) return []
      allow(mailbox, ['r'])
      return parts.annotations.of(mailbox).filter(({ entry }) => isShared(entry))
    },
    set(mailbox, values) {
      if (mailbox === undefined) throw new StoreError('forbidden', 'the annotations of an account are its own')
      allow(mailbox, ['r', 'w'])
      if (![...values.keys()].every(isShared))
        throw new StoreError('noPrivateAnnotations', 'there are shared ones only')
      parts.annotations.set(mailbox, values)
    },
  }
}

function isShared(entry: string): boolean {
  return entry.startsWith('/shared/')
}
