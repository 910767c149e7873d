/**
 * Who a mailbox is shared with, as the user at hand may see and change it.
 *
 * Standards: RFC 9670 §4; draft-ietf-jmap-mail-sharing (shareWith and mayShare of a Mailbox); RFC 4314 (the rights).
 */
import {
  anyone,
  fromMailboxRights,
  hasRights,
  mailboxRightNames,
  noRights,
  toMailboxRights,
  type Grants,
  type Mail,
  type MailboxId,
  type MailboxRights,
  type Rights,
} from '../../../mailbox/index.ts'
import {
  invalidProperties,
  isObject,
  mailShareCapability,
  principalsCapability,
  SetError,
  type CallContext,
  type Json,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'
import type { PeoplePort } from './ports.ts'

/** Whether the client knows of sharing: `shareWith` and `mayShare` are only there for it. */
export function knowsSharing({ using }: Pick<CallContext, 'using'>): boolean {
  return using.has(principalsCapability) || using.has(mailShareCapability)
}

/** `myRights` of a mailbox. */
export function shownRights(rights: Rights, withSharing: boolean): JsonObject {
  const { mayShare, ...mail } = toMailboxRights(rights)
  return withSharing ? { ...mail, mayShare } : { ...mail }
}

export interface MailboxSharingPorts {
  readonly grants: Pick<Grants, 'of' | 'rights' | 'set'>
  readonly mail: Mail
  /** The account's id. */
  readonly owner: string
  readonly people: Pick<PeoplePort, 'people'>
  /** Whether the user at hand sees a principal that is in no directory. */
  readonly knows: (principal: string) => boolean
  /** Subscribes a principal to a mailbox that was just shared with it. */
  readonly subscribe: (principal: string, mailboxId: MailboxId) => void
  /** How many grants the account has. */
  readonly grantCount: () => number
  /** Notes that the user at hand changed what a principal may do. In the transaction. */
  readonly noteChange: (principal: string) => void
}

export class MailboxSharing {
  readonly #ports: MailboxSharingPorts

  constructor(ports: MailboxSharingPorts) {
    this.#ports = ports
  }

  /** Null when it is shared with nobody, and for whoever may not share it. */
  shareWith(id: MailboxId): JsonObject | null {
    const { grants, mail } = this.#ports
    if (!hasRights(mail.rightsTo(id), 'a')) return null
    const shown = grants
      .of(id)
      .filter(({ principal }) => principal !== anyone)
      .map(({ principal, rights }) => [principal, { ...toMailboxRights(rights) }] as const)
    return shown.length === 0 ? null : Object.fromEntries(shown)
  }

  /** Which of the principals in a value of `shareWith` may be given rights. To be asked ahead: a /set is synchronous. */
  async known(principals: Iterable<string>): Promise<ReadonlySet<string>> {
    const asked = [...new Set(principals)].filter((id) => id !== this.#ports.owner)
    if (asked.length === 0) return new Set()
    const { people } = await this.#ports.people.people(asked)
    return new Set([...people.map(({ id }) => id), ...asked.filter((id) => this.#ports.knows(id))])
  }

  /**
   * A value of `shareWith`, checked: the rights of each sharee. `id` is the mailbox, or the parent of one that is going to be
   * made. `known`: see above; those that have rights there are known too. Throws `forbidden` without the right to share,
   * `invalidProperties` for what is no such value.
   */
  sharees(wanted: JsonObject | null, known: ReadonlySet<string>, id?: MailboxId): ReadonlyMap<string, Rights> {
    const { mail, owner } = this.#ports
    if (id !== undefined && !hasRights(mail.rightsTo(id), 'a')) throw notAllowed()
    const present = this.#present(id)
    const next = new Map<string, Rights>()
    for (const [principal, value] of Object.entries(wanted ?? {})) {
      if (principal === owner) throw refused('The owner of the account is not among those it is shared with.')
      if (!known.has(principal) && !present.has(principal)) throw refused(`There is no principal ${principal}.`)
      const rights = keepPartial(readRights(value), present.get(principal))
      if (rights !== noRights) next.set(principal, rights)
    }
    this.#checkRoom(next.size, present.size)
    return next
  }

  /** Gives these and nobody else rights, as `sharees` gave them. */
  share(id: MailboxId, sharees: ReadonlyMap<string, Rights>): void {
    const { grants, subscribe, noteChange } = this.#ports
    const present = this.#present(id)
    for (const principal of new Set([...present.keys(), ...sharees.keys()])) {
      const rights = sharees.get(principal) ?? noRights
      if (rights === present.get(principal)) continue
      grants.set(id, principal, rights)
      noteChange(principal)
      if (!present.has(principal)) subscribe(principal, id)
    }
  }

  #present(id: MailboxId | undefined): Map<string, Rights> {
    const present = id === undefined ? [] : this.#ports.grants.of(id)
    return new Map(
      present.filter((one) => one.principal !== anyone).map(({ principal, rights }) => [principal, rights]),
    )
  }

  #checkRoom(wanted: number, present: number): void {
    const { mail, grantCount } = this.#ports
    const { maxGrantsPerMailbox, maxGrants } = mail.limits
    // One is left for `anyone`.
    if (wanted > maxGrantsPerMailbox - 1) throw refused(`A mailbox is shared with at most ${maxGrantsPerMailbox - 1}.`)
    if (grantCount() + wanted - present > maxGrants) throw refused('The account shares with as many as it can.')
  }
}

/** The principals that a call names as new sharees, whatever else is wrong with it. */
export function* principalsIn(values: Iterable<JsonObject>): Generator<string> {
  for (const value of values) {
    for (const [pointer, part] of Object.entries(value)) {
      if (pointer === 'shareWith' && isObject(part)) yield* Object.keys(part)
      const [, principal] = /^shareWith\/([^/]+)/.exec(pointer) ?? []
      if (principal !== undefined) yield principal
    }
  }
}

/** `shareWith` as a client sent it: an object of principal to rights, or null. */
export function isShareWith(value: Json): boolean {
  return value === null || (isObject(value) && Object.values(value).every((rights) => isObject(rights)))
}

function readRights(value: Json | undefined): Rights {
  const names: readonly string[] = mailboxRightNames
  if (!isObject(value ?? null)) throw refused('A principal has an object of rights.')
  for (const [name, may] of Object.entries(value as JsonObject)) {
    if (!names.includes(name)) throw refused(`${JSON.stringify(name)} is no right to a mailbox.`)
    if (typeof may !== 'boolean') throw refused(`${name} is not a Boolean.`)
  }
  const rights = fromMailboxRights(value as Partial<MailboxRights>)
  if (rights === undefined) throw refused('mayRename and mayDelete are one right (RFC 4314): both or none.')
  return rights
}

/** IMAP grants single letters that JMAP cannot show: a client that sends back what it was shown changes nothing. */
function keepPartial(wanted: Rights, present: Rights | undefined): Rights {
  if (present === undefined) return wanted
  const same = JSON.stringify(toMailboxRights(wanted)) === JSON.stringify(toMailboxRights(present))
  return same ? present : wanted
}

function refused(description: string): SetError {
  return invalidProperties('shareWith', description)
}

function notAllowed(): SetError {
  return new SetError('forbidden', 'Sharing this mailbox is not among the rights that were granted.')
}
