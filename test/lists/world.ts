/** A list with its members, and a house that takes what it sends, or does not. */
import { encodeUtf8, latin1 } from '../../src/format/index.ts'
import type { MailboxDelivery, MailboxOutcome } from '../../src/delivery/index.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import { type ListSettings, ListStore, MailingList } from '../../src/lists/index.ts'
import type { Envelope, Reply } from '../../src/protocol/smtp/index.ts'

export const minute = 60_000
export const day = 24 * 60 * minute

const taken: Reply = { code: 250, text: 'taken' }

export class ListWorld {
  now = Date.UTC(2026, 10, 23, 8)
  readonly sql = memorySql()
  readonly store = new ListStore(this.sql)
  readonly sent: { envelope: Envelope; raw: string; at: number }[] = []
  readonly logged: [string, Record<string, unknown>][] = []
  readonly hosted = new Set(['facteur.test'])
  /** What is said to a message for that address. */
  answer: (address: string) => Reply | Error = () => taken
  /** Whether the process ends before it hears the answer to a copy. */
  ends: (copies: number) => boolean = () => false
  webUrl: string | undefined = 'https://mail.facteur.test'
  list = this.open()
  #secrets = 0

  constructor(settings: Partial<ListSettings> = {}, ...members: string[]) {
    this.store.set({
      address: 'dev@facteur.test',
      name: 'Developers',
      posting: 'members',
      answersTo: 'author',
      owners: ['olga@facteur.test'],
      ...settings,
    })
    for (const member of members) this.add(member)
  }

  /** As after a restart: what is not in the tables is gone. */
  open(): MailingList {
    return new MailingList(new ListStore(this.sql), {
      clock: () => this.now,
      secret: () => `secret${String(this.#secrets++).padStart(10, '0')}`,
      send: async (envelope, raw) => {
        const answer = this.answer(envelope.recipients[0]!.address)
        if (answer instanceof Error) throw answer
        if (answer.code < 300) this.sent.push({ envelope, raw: latin1(raw), at: this.now })
        return this.ends(this.sent.length) ? new Promise<never>(() => {}) : answer
      },
      isHosted: async (domain) => this.hosted.has(domain),
      authservId: 'mx.facteur.test',
      hostname: 'mx.facteur.test',
      webUrl: this.webUrl,
      log: (event, facts) => this.logged.push([event, facts]),
    })
  }

  add(address: string): boolean {
    return this.store.add(address, `secret${String(this.#secrets++).padStart(10, '0')}`, this.now)
  }

  post(from: string, more: Partial<MailboxDelivery> & { fields?: string; body?: string } = {}): MailboxOutcome {
    const { fields = '', body = 'Hello all.\r\n', ...delivery } = more
    const raw = `${fields}From: ${from}\r\nTo: dev@facteur.test\r\nSubject: News\r\n\r\n${body}`
    return this.deliver({ raw: encodeUtf8(raw), reversePath: 'somebody@outside.test', list: 'post', ...delivery })
  }

  deliver(delivery: Omit<MailboxDelivery, 'recipient'>): MailboxOutcome {
    return this.list.deliver([{ recipient: 'dev@facteur.test', ...delivery }])[0]!
  }

  /** Lets the list do what is due until then. */
  async runUntil(time: number): Promise<void> {
    for (let turns = 0; turns < 10_000; turns++) {
      const next = this.list.nextWakeup()
      if (next === undefined || next > time) {
        this.now = Math.max(this.now, time)
        return
      }
      this.now = Math.max(this.now, next)
      await this.list.run()
    }
    throw new Error('the list never rests')
  }

  async settle(): Promise<void> {
    await this.runUntil(this.now)
  }

  get recipients(): string[] {
    return this.sent.map(({ envelope }) => envelope.recipients.map(({ address }) => address).join(' '))
  }

  /** The token of a member's copy. */
  tokenOf(address: string): string {
    const { id, secret } = this.store.memberAt(address)!
    return `${id.toString(36)}-${secret}`
  }

  returned(address: string, { status = '5.1.1', action = 'failed' } = {}): MailboxOutcome {
    const raw = [
      'From: MAILER-DAEMON@outside.test',
      'To: dev@facteur.test',
      'Subject: Undelivered',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'Sorry.',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.outside.test',
      '',
      `Final-Recipient: rfc822; ${address}`,
      `Action: ${action}`,
      `Status: ${status}`,
      `Diagnostic-Code: smtp; 550 ${status} No such user`,
      '',
      '--b--',
      '',
    ].join('\r\n')
    return this.deliver({ raw: encodeUtf8(raw), reversePath: '', list: 'bounces', detail: this.tokenOf(address) })
  }
}
