/**
 * Several people who share mail, each asked through their own JMAP endpoint.
 */
import { encodeUtf8 } from '../../../src/format/index.ts'
import { MemoryHouse, type MemoryAccount } from '../../../src/host/memory/house.ts'
import { formatEmailId, formatMailboxId, type MailboxRole } from '../../../src/mailbox/index.ts'
import type { Answer } from './world.ts'

export const using = [
  'urn:ietf:params:jmap:core',
  'urn:ietf:params:jmap:mail',
  'urn:ietf:params:jmap:blob',
  'urn:ietf:params:jmap:quota',
  'urn:ietf:params:jmap:submission',
  'urn:ietf:params:jmap:principals',
]

export const everything = {
  mayReadItems: true,
  mayAddItems: true,
  mayRemoveItems: true,
  maySetSeen: true,
  maySetKeywords: true,
  mayCreateChild: true,
  mayRename: true,
  mayDelete: true,
  maySubmit: true,
  mayShare: true,
}
export const nothing = Object.fromEntries(Object.keys(everything).map((name) => [name, false]))
export const reading = { ...nothing, mayReadItems: true }
export const writing = { ...reading, mayAddItems: true, mayRemoveItems: true, maySetSeen: true, maySetKeywords: true }

type Call = [name: string, args: Record<string, unknown>]

export class SharingWorld {
  readonly house = new MemoryHouse()
  readonly alice = this.house.add('a1', 'alice@facteur.test', 'Alice')
  readonly bob = this.house.add('a2', 'bob@facteur.test', 'Bob')
  readonly carol = this.house.add('a3', 'carol@facteur.test')
  /** Of another domain. */
  readonly dora = this.house.add('a4', 'dora@other.test', 'Dora')

  /** Method calls, answered. Calls are about the user's own account where they do not say. */
  async request(as: MemoryAccount, calls: readonly Call[], extra: object = {}): Promise<Answer> {
    const methodCalls = calls.map(([name, args], index) => [name, { accountId: as.id, ...args }, `c${index}`])
    const response = await as.jmap.handle(encodeUtf8(JSON.stringify({ using, methodCalls, ...extra })))
    if (response.status !== 200) throw new Error(response.body)
    return JSON.parse(response.body)
  }

  async calls(as: MemoryAccount, ...calls: Call[]): Promise<Answer[]> {
    return (await this.request(as, calls)).methodResponses
  }

  async call(as: MemoryAccount, name: string, args: Record<string, unknown> = {}): Promise<Answer> {
    const [[answered, result]] = (await this.calls(as, [name, args])) as [[string, Answer]]
    if (answered !== name) throw new Error(`${name}: ${JSON.stringify(result)} ${String(this.house.faults.at(-1))}`)
    return result
  }

  async refusal(as: MemoryAccount, name: string, args: Record<string, unknown> = {}): Promise<Answer> {
    const [[answered, result]] = (await this.calls(as, [name, args])) as [[string, Answer]]
    if (answered !== 'error') throw new Error(`${name} was taken: ${JSON.stringify(result)}`)
    return result
  }

  mailbox(of: MemoryAccount, role: MailboxRole): string {
    const mailbox = of.store.mailboxByRole(role)
    if (mailbox === undefined) throw new Error(`no ${role}`)
    return formatMailboxId(mailbox.id)
  }

  deliver(to: MemoryAccount, subject: string, role: MailboxRole = 'inbox'): string {
    const raw = `From: eve@outside.test\r\nTo: ${to.address}\r\nSubject: ${subject}\r\n\r\nHello.\r\n`
    const mailbox = to.store.mailboxByRole(role)
    const [email] = to.store.add([{ raw: encodeUtf8(raw), mailboxIds: [mailbox!.id] }])
    return formatEmailId(email!.id)
  }

  /** Sets `shareWith` members of one of the owner's mailboxes, and lets it be told. */
  async share(owner: MemoryAccount, role: MailboxRole, rights: Record<string, object | null>): Promise<Answer> {
    const id = this.mailbox(owner, role)
    const patch = Object.fromEntries(Object.entries(rights).map(([who, value]) => [`shareWith/${who}`, value]))
    const answer = await this.call(owner, 'Mailbox/set', { update: { [id]: patch } })
    await this.house.settle()
    return answer
  }

  session(of: MemoryAccount): Answer {
    return of.jmap.session('https://mail.facteur.test')
  }
}
