/**
 * Reports to senders: who gets one, who never does, and what is in it. Raw SMTP, since client libraries hide the parameters.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { alice, bob, readMailbox, waitForMessages } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { type ScriptedRemote, startScriptedRemote } from './scripted-remote.ts'
import { greeted, loggedIn, transact, type Transaction } from './smtp-client.ts'

let parts: Parts
let doh: DohServer
let remote: ScriptedRemote
/** alice's messages when the test began. */
let before = 0

beforeAll(async () => {
  remote = await startScriptedRemote()
  doh = await startDohServer({ 'elsewhere.test': [{ type: 'A', address: '127.0.0.1' }] })
  parts = await startParts({
    bindings: {
      FACTEUR_DOH: doh.url,
      FACTEUR_MX_PORT: String(remote.port),
      FACTEUR_RETRY_FIRST_SECONDS: '0.1',
      FACTEUR_DELAY_NOTICE_HOURS: String(1 / 3600),
      FACTEUR_QUEUE_LIFETIME_HOURS: String(2.5 / 3600),
    },
    limits: { messagesPerConnection: 1 },
  })
})

afterAll(async () => {
  await parts?.stop()
  await remote?.close()
  await doh?.close()
})

beforeEach(async () => {
  remote.answer = () => undefined
  remote.keywords = ['PIPELINING', '8BITMIME', 'DSN']
  remote.lines.length = 0
  remote.messages.length = 0
  before = (await readMailbox(parts, alice)).length
  // An address that refused mail in the last test may be written to again.
  const path = `/accounts/${alice}/suppressions`
  const suppressed = (await parts.admin('GET', path)) as { address: string }[]
  for (const { address } of suppressed) await parts.admin('DELETE', `${path}/${address}`)
})

const refuse = (line: string) => (line.startsWith('RCPT') ? '550 5.1.1 no such user' : undefined)
const later = (line: string) => (line.startsWith('RCPT') ? '451 4.2.1 busy' : undefined)

async function submit(transaction: Partial<Transaction> = {}): Promise<void> {
  const client = await loggedIn(parts.ports.submission, alice, parts.password)
  const replies = await transact(client, { from: alice, to: 'friend@elsewhere.test', ...transaction })
  client.destroy()
  expect(replies.at(-1)).toMatch(/^250 /)
}

/** The reports that came to alice since the test began, when there are so many. */
async function reports(count = 1): Promise<string[]> {
  const messages = await waitForMessages(parts, alice, before + count)
  return messages.slice(before).map(({ source }) => source)
}

const queued = () =>
  parts.admin('GET', '/queues/elsewhere.test') as Promise<{ id: string; status: string; reversePath: string }[]>

async function discardFrozen(): Promise<void> {
  for (const { id } of await queued()) await parts.admin('DELETE', `/queues/elsewhere.test/${id}`)
}

/** After a further message to outside came back, all earlier ones have been dealt with. */
async function expectNoOther(count: number): Promise<void> {
  remote.answer = refuse
  await submit({ subject: 'the last one' })
  const found = await reports(count + 1)
  expect(found).toHaveLength(count + 1)
  expect(found.at(-1)).toContain('Subject: the last one')
}

describe('nobody is told', () => {
  test('of a message from <> (RFC 5321 §4.5.5): it is kept for the operator', async () => {
    remote.answer = refuse
    await submit({ from: '', subject: 'from nobody' })
    await expect.poll(queued, { timeout: 5_000, interval: 20 }).toMatchObject([{ status: 'frozen', reversePath: '' }])
    await expectNoOther(0)
    expect(remote.lines.filter((line) => line === 'MAIL FROM:<>')).toHaveLength(1)
    await discardFrozen()
  })

  test('of a report that could not be delivered: outside hears of a failure once, and never of its echo', async () => {
    await parts.admin('PUT', '/aliases/onward@facteur.test', { targets: ['friend@elsewhere.test'] })
    remote.answer = refuse
    const client = await greeted(parts.ports.smtp)
    const replies = await transact(client, { from: 'stranger@elsewhere.test', to: 'onward@facteur.test' })
    client.destroy()
    expect(replies.at(-1)).toMatch(/^250 /)
    await expect.poll(queued, { timeout: 5_000, interval: 20 }).toMatchObject([{ status: 'frozen', reversePath: '' }])
    await expectNoOther(0)
    expect(remote.lines.filter((line) => /^(?:MAIL|RCPT)/.test(line)).slice(0, 4)).toEqual([
      expect.stringMatching(/^MAIL FROM:<stranger@elsewhere\.test>/),
      expect.stringMatching(/^RCPT TO:<friend@elsewhere\.test>/),
      expect.stringMatching(/^MAIL FROM:<>/),
      expect.stringMatching(/^RCPT TO:<stranger@elsewhere\.test> NOTIFY=NEVER/),
    ])
    expect(remote.lines.filter((line) => line.startsWith('MAIL FROM:<>'))).toHaveLength(1)
    await discardFrozen()
  })

  test('with NOTIFY=NEVER, whatever happens (RFC 3461 §4.1)', async () => {
    remote.answer = refuse
    await submit({ rcpt: 'NOTIFY=NEVER' })
    await expectNoOther(0)
  })

  test('of success, when only failure was asked for', async () => {
    await submit({ rcpt: 'NOTIFY=FAILURE' })
    await submit({ to: bob, rcpt: 'NOTIFY=FAILURE,DELAY' })
    await expectNoOther(0)
  })
})

describe('the sender is told', () => {
  test('of delivery into a mailbox, with ENVID and ORCPT as given (RFC 3464 §2.2.1, §2.3.1)', async () => {
    await submit({ to: bob, mail: 'ENVID=a+2Bb+3D1', rcpt: 'NOTIFY=SUCCESS ORCPT=rfc822;bob+2Bx@old.test' })
    const [report] = await reports()
    expect(report).toMatch(/^Original-Envelope-Id: a\+b=1\r$/im)
    expect(report).toMatch(/^Original-Recipient: rfc822; ?bob\+x@old\.test\r$/im)
    expect(report).toMatch(/^Action: delivered\r$/im)
    expect(report).toMatch(/^Status: 2\.\d\.\d\r$/im)
  })

  test('of relaying to a server without DSN (RFC 3461 §5.2.2)', async () => {
    remote.keywords = ['PIPELINING']
    await submit({ rcpt: 'NOTIFY=SUCCESS' })
    const [report] = await reports()
    expect(report).toMatch(/^Action: relayed\r$/im)
    expect(remote.lines.join('\n')).not.toMatch(/NOTIFY|RET=/)
  })

  test('by the next server, when it does DSN: everything is passed on (RFC 3461 §5.2.1)', async () => {
    await submit({ mail: 'RET=HDRS ENVID=q+2B1', rcpt: 'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+2By@old.test' })
    await expect.poll(() => remote.messages.length, { timeout: 5_000, interval: 10 }).toBe(1)
    expect(remote.lines.find((line) => line.startsWith('MAIL'))).toMatch(/ RET=HDRS ENVID=q\+2B1$/)
    expect(remote.lines.find((line) => line.startsWith('RCPT'))).toBe(
      'RCPT TO:<friend@elsewhere.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+2By@old.test',
    )
    await expectNoOther(0)
  })

  test.each([
    ['RET=FULL', 'message/rfc822', true],
    ['RET=HDRS', 'text/rfc822-headers', false],
  ])('of failure: %s returns %s (RFC 3461 §4.3)', async (ret, type, full) => {
    remote.answer = refuse
    await submit({ mail: ret, raw: 'Subject: returned\r\n\r\nthe very body\r\n' })
    const [report = ''] = await reports()
    expect(report).toMatch(new RegExp(`^Content-Type: ${type}`, 'im'))
    expect(report).toContain('Subject: returned')
    expect(report.includes('the very body')).toBe(full)
  })

  test('once that it waits, and once that its time is over (RFC 3461 §5.2.5, RFC 5321 §4.5.4.1)', async () => {
    remote.answer = later
    await submit({ subject: 'late' })
    const found = await reports(2)
    expect(found[0]).toMatch(/^Action: delayed\r$/im)
    expect(found[0]).toMatch(/^Will-Retry-Until: /im)
    expect(found[1]).toMatch(/^Action: failed\r$/im)
    expect(found[1]).toMatch(/^Status: 4\.4\.7\r$/im)
    expect(found[1]).toMatch(/^Diagnostic-Code: smtp; ?451 4\.2\.1 busy\r$/im)
    expect(await queued()).toEqual([])
  })

  test('of the end only, when NOTIFY=FAILURE asks for no notice of delay', async () => {
    remote.answer = later
    await submit({ subject: 'no notice', rcpt: 'NOTIFY=FAILURE' })
    const found = await reports(1)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^Action: failed\r$/im)
  })
})
