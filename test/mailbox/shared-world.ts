/**
 * An account of which a mailbox is shared with bob, with mail in it, beside it, and in both.
 */
import {
  allRights,
  type EmailId,
  type MailboxId,
  type MailStoreOptions,
  noRights,
  parseRights,
  type Rights,
  type SharedMail,
  StoreError,
} from '../../src/mailbox/index.ts'
import { type Fixture, newEmail, openStore } from './fixture.ts'

export const rights = (text: string): Rights => parseRights(text) ?? noRights

export interface World extends Fixture {
  /** Shared with bob as each test says; an empty one inside and one beside it that he may do everything with. */
  readonly team: MailboxId
  readonly inner: MailboxId
  readonly other: MailboxId
  /** In `team`; in `team` and the inbox, which is not shared; in the inbox; in `other`. */
  readonly shared: EmailId
  readonly both: EmailId
  readonly hidden: EmailId
  readonly beside: EmailId
  readonly mail: SharedMail
}

export function open(text: string, options: Partial<MailStoreOptions> = {}): World {
  const fixture = openStore(options)
  const { store, inbox } = fixture
  const team = store.createMailbox({ name: 'Team' }).id
  const inner = store.createMailbox({ name: 'Inner', parentId: team }).id
  const other = store.createMailbox({ name: 'Other' }).id
  const ids = store.add([newEmail(team), newEmail([team, inbox]), newEmail(inbox), newEmail(other)]).map(({ id }) => id)
  const [shared, both, hidden, beside] = ids as [EmailId, EmailId, EmailId, EmailId]
  store.grants.set(team, 'bob', rights(text))
  store.grants.set(other, 'bob', allRights)
  const mail = store.sharedWith('bob') as SharedMail
  return { ...fixture, team, inner, other, shared, both, hidden, beside, mail }
}

/** The type of the refusal, whether thrown or returned; undefined: done. */
export function attempt(work: () => unknown): string | undefined {
  try {
    const outcome = work()
    return outcome instanceof Map
      ? (outcome as ReadonlyMap<EmailId, StoreError>).values().next().value?.type
      : undefined
  } catch (error) {
    if (error instanceof StoreError) return error.type
    throw error
  }
}
