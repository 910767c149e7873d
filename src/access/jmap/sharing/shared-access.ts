/**
 * What others do with the mail that this account shares: its side of their calls.
 *
 * The same methods run here as for the owner, over what is shared with the one who calls. Their own account has
 * authenticated them and vouches for them; what they may do is looked up in the grants here, at every call.
 *
 * Standards: RFC 8620 §3.6.2 (accountNotFound, accountReadOnly), §6; RFC 9670.
 * Limits: calls at once. They are refused and never queued, so that two accounts that call each other cannot wait in a circle.
 */
import { type Mail, type MailStore, type Person, type SharedMail } from '../../../mailbox/index.ts'
import {
  isObject,
  MethodError,
  SetError,
  type CreatedIds,
  type Json,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'
import { available } from '../available.ts'
import { openBlob } from '../blob.ts'
import type { Download, JmapAccount, JmapContext, JmapResponse } from '../context.ts'
import type { JmapLimits } from '../limits.ts'
import { mailMethodsOf } from '../method.ts'
import { asSetError } from '../standard/change.ts'
import { uploadAnswer, uploadRefusal } from '../upload.ts'
import { addCopy } from './copied-email.ts'
import { MailboxSharing } from './mailbox-sharing.ts'
import type { CopiedEmail, CopyOutcome, PeoplePort, SharedAnswer, SharedCall } from './ports.ts'
import { isReadOnly } from './shared-account.ts'

export interface SharedAccessPorts {
  readonly store: MailStore
  readonly account: () => JmapAccount
  readonly limits: JmapLimits
  readonly clock: () => number
  readonly ids: () => string
  readonly people: PeoplePort
  readonly onFault: (where: string, cause: unknown) => void
}

const maxCalls = 16

export class SharedAccess {
  readonly #ports: SharedAccessPorts
  #calls = 0

  constructor(ports: SharedAccessPorts) {
    this.#ports = ports
  }

  /** Never rejects for what the caller did. */
  async call(user: Person, { name, arguments: args, using, createdIds }: SharedCall): Promise<SharedAnswer> {
    const created: CreatedIds = new Map(createdIds)
    try {
      const result = await this.#atOnce(async () => {
        const shared = this.#mailOf(user)
        if (isReadOnly(shown(shared)) && changes(name, args)) throw new MethodError('accountReadOnly')
        const method = available(mailMethodsOf(this.#contextFor(user, shared))).get(name)
        if (method === undefined) throw new MethodError('accountNotSupportedByMethod')
        return method.run(args, { createdIds: created, using: new Set(using) })
      })
      const before = new Map(createdIds)
      return { arguments: result.arguments, createdIds: [...created].filter(([key, id]) => before.get(key) !== id) }
    } catch (error) {
      if (error instanceof MethodError) return { error: error.toJSON() }
      this.#ports.onFault(`${name} for another account`, error)
      return { error: new MethodError('serverFail', 'An unexpected error occurred.').toJSON() }
    }
  }

  async upload(user: Person, bytes: Uint8Array, type: string): Promise<JmapResponse> {
    const shared = this.#ports.store.sharedWith(user.id)
    if (shared === undefined) return uploadRefusal(404, 'There is no such account.')
    return uploadAnswer(shared, this.#ports.account().id, bytes, type)
  }

  async blob(user: Person, blobId: string): Promise<Download | undefined> {
    const shared = this.#ports.store.sharedWith(user.id)
    return shared === undefined ? undefined : openBlob(shared, blobId)
  }

  /** A message that is copied into the account. */
  async add(user: Person, email: CopiedEmail, raw: Uint8Array): Promise<CopyOutcome> {
    try {
      return await this.#atOnce(async () => {
        const created = await addCopy(this.#contextFor(user, this.#mailOf(user)), email, raw)
        return { created }
      })
    } catch (error) {
      if (error instanceof MethodError) return { refused: new SetError(asOneRecord(error), error.message).toJSON() }
      return { refused: asSetError(error).toJSON() }
    }
  }

  #mailOf(user: Person): SharedMail {
    const shared = this.#ports.store.sharedWith(user.id)
    // As if it were not there (RFC 8620 §3.6.2): also for whoever has just lost their rights.
    if (shared === undefined) throw new MethodError('accountNotFound')
    return shared
  }

  async #atOnce<T>(work: () => Promise<T>): Promise<T> {
    if (this.#calls >= maxCalls) throw new MethodError('serverUnavailable', 'Too many calls of others at once.')
    this.#calls++
    try {
      return await work()
    } finally {
      this.#calls--
    }
  }

  #contextFor(user: Person, shared: SharedMail): JmapContext {
    const { store, account, limits, clock, ids, people, onFault } = this.#ports
    const owner = account()
    const mailboxSharing = mailboxSharingOf({ store, mail: shared, owner: owner.id, people, actor: user })
    return { store: shared, account: owner, limits, clock, ids, onFault, mailboxSharing }
  }
}

/** What a refusal of the whole call means for the one record of a copy. */
function asOneRecord({ type }: MethodError): 'forbidden' | 'rateLimit' {
  return type === 'accountNotFound' ? 'forbidden' : 'rateLimit'
}

/** Sharing as the owner, or somebody who was given the right to, may do it. */
export function mailboxSharingOf(ports: {
  readonly store: MailStore
  readonly mail: Mail
  readonly owner: string
  readonly people: PeoplePort
  /** Undefined: the owner. */
  readonly actor: Person | undefined
}): MailboxSharing {
  const { store, mail, owner, people, actor } = ports
  return new MailboxSharing({
    grants: store.grants,
    mail,
    owner,
    people,
    knows: (id) =>
      actor === undefined && (store.sharedAccounts.get(id) ?? store.shareTellings.get(id).person) !== undefined,
    noteChange(principal) {
      const telling = store.shareTellings.get(principal)
      if (telling.changedBy?.id !== actor?.id) store.shareTellings.save({ ...telling, changedBy: actor })
    },
    // RFC 9670 §1.4: a session shows only what is subscribed to, so what is handed to somebody by name begins so.
    subscribe: (principal, id) => store.sharedWith(principal)?.updateMailbox(id, { isSubscribed: true }),
    grantCount: () => store.mailboxes().reduce((sum, { id }) => sum + store.grants.of(id).length, 0),
  })
}

function shown(shared: SharedMail): Parameters<typeof isReadOnly>[0] {
  return { mailboxes: shared.mailboxes().map(({ id, name }) => ({ id, name, rights: shared.rightsTo(id) })) }
}

const writing: ReadonlySet<string> = new Set(['Email/set', 'Email/import', 'Blob/upload'])

/** Whether a call would change somebody else's mail. Subscriptions are the caller's own. */
function changes(name: string, args: JsonObject): boolean {
  if (name !== 'Mailbox/set') return writing.has(name)
  const { create, update, destroy } = args
  const patches = isObject(update ?? null) ? Object.values(update as JsonObject) : []
  return (
    (isObject(create ?? null) && Object.keys(create as JsonObject).length > 0) ||
    (Array.isArray(destroy) && destroy.length > 0) ||
    !patches.every(isSubscription)
  )
}

function isSubscription(patch: Json): boolean {
  return isObject(patch) && Object.keys(patch).join() === 'isSubscribed'
}
