/** Reports on mail that went long ago: what one that is forged may cost, and how often programs are told. */
import { describe, expect, it } from 'vitest'
import { LateReports, type LateReportPorts } from '../../../src/host/workers/account/late-reports.ts'
import { tracedArrivals } from '../../../src/host/workers/account/traced-arrivals.ts'
import type { TraceEvent } from '../../../src/trace/index.ts'

const now = Date.parse('2026-11-23T12:00:00Z')
const arrived = (id: string): TraceEvent => ({
  id,
  at: now,
  type: 'arrived',
  source: 'submission',
  account: 'a1',
  sender: 'alice@facteur.test',
  recipients: ['Eve@There.test', 'bob@there.test', 'carol@facteur.test'],
  recipientCount: 3,
  size: 1,
  messageId: '1@facteur.test',
  reply: '250 Ok',
})

describe('traces that are read for a report (RFC 5965, RFC 3464)', () => {
  const asked: string[] = []
  const arrivals = tracedArrivals({
    find: async (day, ids) => {
      asked.push(`${day} ${ids.join()}`)
      return ids.map(arrived)
    },
    traceDays: 90,
    clock: () => now,
  })

  it('are those of the day that the field names, however many days there are', async () => {
    asked.length = 0
    const yesterday = Date.parse('2026-11-22T09:00:00Z')
    const found = await arrivals([
      { id: 'one', time: yesterday },
      { id: 'two', time: yesterday + 60_000 },
    ])
    expect(found.map(({ id }) => id)).toEqual(['one', 'two'])
    expect(asked).toEqual(['2026-11-22 one,two'])
  })

  it('are two around midnight, since what is traced is written down a moment later', async () => {
    asked.length = 0
    const found = await arrivals([{ id: 'late', time: Date.parse('2026-11-21T23:59:59.900Z') }])
    expect(found.map(({ id }) => id)).toEqual(['late'])
    expect(asked).toEqual(['2026-11-21 late', '2026-11-22 late'])
  })

  it.each([
    ['a time before all that is kept', '2026-08-01T00:00:00Z'],
    ['a time that is yet to come', '2026-11-24T00:00:00Z'],
  ])('are none for %s', async (_, time) => {
    asked.length = 0
    expect(await arrivals([{ id: 'x', time: Date.parse(time) }])).toEqual([])
    expect(asked).toEqual([])
  })
})

const block = (address: string) =>
  `Final-Recipient: rfc822; ${address}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 ${'x'.repeat(50_000)}\r\n\r\n`

describe('a report that names a recipient many times', () => {
  const told: { recipient: string; data: Readonly<Record<string, unknown>> }[] = []
  const suppressed: string[] = []
  let came = [arrived('t1')]
  const ports = {
    accountId: 'a1',
    hostname: 'mx.facteur.test',
    store: {
      suppressions: { complained: (address: string) => void suppressed.push(address) },
      submissionByMessageId: () => ({
        envelope: { rcptTo: [{ email: 'eve@there.test' }, { email: 'last@there.test' }] },
      }),
      mailboxByRole: () => undefined,
      emailsByMessageId: () => new Map(),
      emails: () => [],
    },
    directory: {
      lookup: async (domain: string) =>
        domain === 'facteur.test'
          ? { kind: 'unknown', watchers: [{ name: 'crm', events: ['bounced', 'complained'] }] }
          : { kind: 'foreign' },
    },
    announcer: {
      reported: async (_watch: unknown, _id: unknown, report: (typeof told)[number]) => void told.push(report),
    },
    arrivals: async () => came,
    clock: () => now,
    log: () => undefined,
  } as unknown as LateReportPorts
  const reports = new LateReports(ports)

  it('is told once of each as the sender wrote it, and says no more than a server may', async () => {
    told.length = 0
    const raw = [
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n',
      `Reporting-MTA: dns; ${'h'.repeat(2_000)}\r\n\r\n`,
      ...['eve@there.test', 'EVE@there.test', 'eve@there.test', 'bob@there.test'].map(block),
      '--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@facteur.test>\r\n\r\n--b--\r\n',
    ].join('')
    await reports.returned(new TextEncoder().encode(raw))
    expect(told.map(({ recipient }) => recipient)).toEqual(['Eve@There.test', 'bob@there.test'])
    expect(JSON.stringify(told[0]).length).toBeLessThan(1_500)
  })

  it('suppresses it once (RFC 5965 §3.2)', async () => {
    told.length = 0
    const recipients = ['eve@there.test', 'EVE@there.test', 'stranger@there.test']
    await reports.complained({ messageId: '1@facteur.test', recipients, feedbackType: 'abuse', received: [] })
    expect(told.map(({ recipient }) => recipient)).toEqual(['Eve@There.test'])
    expect(suppressed).toEqual(['Eve@There.test'])
  })

  it('does not keep people of this house from each other, which anybody who got the message could forge', async () => {
    told.length = suppressed.length = 0
    const recipients = ['carol@facteur.test']
    await reports.complained({ messageId: '1@facteur.test', recipients, feedbackType: 'abuse', received: [] })
    expect(told.map(({ recipient }) => recipient)).toEqual(recipients)
    expect(suppressed).toEqual([])
  })

  it('is believed of recipients behind those that the trace names, where the account knows of them', async () => {
    const recipients = ['last@there.test', 'eve@there.test']
    const said = async () => {
      told.length = 0
      await reports.complained({ messageId: '1@facteur.test', recipients, feedbackType: 'abuse', received: [] })
      return told.map(({ recipient }) => recipient)
    }
    expect(await said()).toEqual(['Eve@There.test'])
    came = [{ ...arrived('t1'), recipientCount: 60 } as TraceEvent]
    expect(await said()).toEqual(['last@there.test', 'Eve@There.test'])
  })
})
