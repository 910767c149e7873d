/** What the sender of a message hears of it: its way, step by step, and reports in the account's language. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { decodeHeaderText, decodeText, parseMessage } from '../../../src/format/index.ts'
import { admin, basic, bindings, envelope, furnish, jmap, LinkClient, request, resultOf } from './house.ts'
import { dohAnswer, egressRequest, oneHost } from './outside.ts'

const capability = 'https://facteur.test/jmap/timeline'
const friend = 'friend@elsewhere.test'
const gone = 'gone@elsewhere.test'

let id: string
let link: LinkClient
let sent = 0

beforeAll(async () => {
  id = (await furnish('facteur.test', ['alice', 'bob'])).alice as string
  await admin('PUT', '/aliases/sales@facteur.test', { targets: ['bob@facteur.test', 'agent@hidden.test'] })
  link = await LinkClient.open()
  vi.stubGlobal('fetch', outside)
})

afterAll(() => void vi.unstubAllGlobals())

/** Puts every first attempt off; nobody there is called `gone`. */
const seen = new Set<string>()
async function outside(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const asked = new Request(input, init)
  if (new URL(asked.url).hostname === 'doh.test') return dohAnswer(asked.url, oneHost)
  const { request: egress } = await egressRequest(asked)
  const recipients = egress.envelope.recipients.map(({ address }) => {
    const isNew = !seen.has(address)
    seen.add(address)
    const answer = isNew
      ? { status: 'deferred', reply: { code: 451, enhanced: '4.7.1', text: 'Greylisted' } }
      : address === gone
        ? { status: 'bounced', reply: { code: 550, enhanced: '5.1.1', text: 'No such user' } }
        : { status: 'delivered', reply: { code: 250, enhanced: '2.0.0', text: 'taken' }, success: 'relayed' }
    return {
      recipient: address,
      at: Date.now(),
      tls: { version: 'TLSv1.3', verifiedBy: 'dane', verified: true },
      ...answer,
    }
  })
  return Response.json({ recipients, remote: 'mx.elsewhere.test' })
}

interface Submission {
  readonly id: string
  readonly deliveryStatus: Record<string, { delivered: string; smtpReply: string }>
  readonly dsnBlobIds: string[]
}

async function submit(...to: string[]): Promise<{ submissionId: string; messageId: string }> {
  const authorization = basic('alice@facteur.test')
  const first = await jmap(authorization, [
    ['Identity/get', { accountId: id }, 'i'],
    ['Mailbox/query', { accountId: id, filter: { role: 'drafts' } }, 'm'],
  ])
  const identityId = resultOf<{ list: { id: string }[] }>(first, 'i').list[0]?.id
  const drafts = resultOf<{ ids: string[] }>(first, 'm').ids[0] as string
  const messageId = `told-${++sent}@facteur.test`
  const draft = {
    mailboxIds: { [drafts]: true },
    messageId: [messageId],
    from: [{ email: 'alice@facteur.test' }],
    to: to.map((email) => ({ email })),
    subject: 'Lunch',
    bodyStructure: { type: 'text/plain', partId: 't' },
    bodyValues: { t: { value: 'Hello' } },
  }
  const made = await jmap(authorization, [
    ['Email/set', { accountId: id, create: { draft } }, 'e'],
    ['EmailSubmission/set', { accountId: id, create: { s: { identityId, emailId: '#draft' } } }, 's'],
  ])
  const submissionId = resultOf<{ created: { s: { id: string } } }>(made, 's').created.s.id
  return { submissionId, messageId }
}

async function submission(submissionId: string): Promise<Submission> {
  const answers = await jmap(basic('alice@facteur.test'), [
    ['EmailSubmission/get', { accountId: id, ids: [submissionId] }, 'g'],
  ])
  return resultOf<{ list: Submission[] }>(answers, 'g').list[0] as Submission
}

/** The report that is listed with the submission, once it is. */
async function reportOn(submissionId: string): Promise<{ subject: string; text: string }> {
  const [blobId] = await vi.waitFor(
    async () => {
      const { dsnBlobIds } = await submission(submissionId)
      expect(dsnBlobIds).toHaveLength(1)
      return dsnBlobIds
    },
    { interval: 20, timeout: 5_000 },
  )
  const blob = await request(`/jmap/download/${id}/${blobId}/dsn.eml?accept=message/rfc822`, {
    headers: { Authorization: basic('alice@facteur.test') },
  })
  const raw = new Uint8Array(await blob.arrayBuffer())
  const root = parseMessage(raw)
  const [part] = root.children
  if (part === undefined) throw new Error('the report has no parts')
  return { subject: decodeHeaderText(root.header.first('subject') ?? ''), text: decodeText(raw, part).text }
}

type Step = Record<string, unknown>

/** The timeline, once it has so many steps: the trace is told a moment later. */
async function timeline(submissionId: string, steps: number): Promise<Step[]> {
  return vi.waitFor(
    async () => {
      const call = { accountId: id, submissionIds: [submissionId] }
      const answers = await jmap(basic('alice@facteur.test'), [['SubmissionTimeline/get', call, 't']], [capability])
      const [found] = resultOf<{ list: { steps: Step[] }[] }>(answers, 't').list
      expect(found?.steps).toHaveLength(steps)
      return found?.steps as Step[]
    },
    { interval: 20, timeout: 5_000 },
  )
}

async function retry(domain: string): Promise<void> {
  const queue = bindings.QUEUE.getByName(domain)
  await queue.retry()
  await runDurableObjectAlarm(queue)
}

test('the way of a message is told to its sender: put off, taken, by which host, and who vouched for it', async () => {
  const { submissionId } = await submit(friend)
  await timeline(submissionId, 3)
  await retry('elsewhere.test')
  expect(await timeline(submissionId, 4)).toMatchObject([
    { type: 'accepted', reply: expect.stringMatching(/^250 2\.0\.0 Message taken as \w{16}$/) as string },
    { type: 'queued', recipient: friend },
    { type: 'deferred', recipient: friend, attempt: 1, host: 'mx.elsewhere.test', reply: '451 4.7.1 Greylisted' },
    { type: 'handedOver', recipient: friend, attempt: 2, tls: 'TLSv1.3', verifiedBy: 'dane', reply: '250 2.0.0 taken' },
  ])
  expect((await submission(submissionId)).deliveryStatus[friend]).toMatchObject({ delivered: 'unknown' })
})

test('where an alias leads is not told', async () => {
  const { submissionId } = await submit('sales@facteur.test')
  const steps = await timeline(submissionId, 4)
  expect(steps.map(({ type, recipient }) => [type, recipient])).toEqual([
    ['accepted', null],
    ['delivered', 'sales@facteur.test'],
    ['queued', 'sales@facteur.test'],
    ['deferred', 'sales@facteur.test'],
  ])
  expect(JSON.stringify(steps)).not.toMatch(/hidden|agent|bob/)
})

test('a report is in the language of the account, and the submission has it', async () => {
  expect((await admin('PUT', '/accounts/alice@facteur.test/language', { language: 'de' })).status).toBe(204)
  const { submissionId } = await submit(gone)
  await timeline(submissionId, 3)
  await retry('elsewhere.test')
  const steps = await timeline(submissionId, 5)
  expect(steps.at(-1)).toMatchObject({ type: 'reported', actions: ['failed'] })
  expect((await submission(submissionId)).deliveryStatus[gone]).toMatchObject({
    delivered: 'no',
    smtpReply: '550 5.1.1 No such user',
  })
  const { subject, text } = await reportOn(submissionId)
  expect(subject).toMatch(/^Nicht zugestellt: /)
  expect(text).toMatch(/^Die Adresse gone@elsewhere\.test gibt es nicht\./)
})

/** A report as servers write it that were not asked for one. */
const bounce = (name: string, recipient: string) =>
  new TextEncoder().encode(
    [
      'From: MAILER-DAEMON@mx.elsewhere.test',
      'To: alice@facteur.test',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.elsewhere.test',
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      'Action: failed',
      'Status: 5.2.2',
      'Diagnostic-Code: smtp; 552 5.2.2 full',
      '',
      '--b',
      'Content-Type: text/rfc822-headers',
      '',
      `Message-ID: <${name}>`,
      '',
      '--b--',
      '',
    ].join('\r\n'),
  )

test('mail between people of one house has the language of its sender too', async () => {
  expect((await admin('PUT', '/accounts/bob@facteur.test/quota', { bytes: 1 })).status).toBe(204)
  await admin('PUT', '/accounts/alice@facteur.test/language', { language: 'it' })
  const { submissionId } = await submit('bob@facteur.test', 'alice@facteur.test')
  const { text } = await reportOn(submissionId)
  expect(text).toMatch(/^La casella bob@facteur\.test è piena\./)
})

test('a bounce from a server without DSN is found by its Message-ID; a forged one changes nothing', async () => {
  const { submissionId, messageId } = await submit(friend)
  const status = async () => (await submission(submissionId)).deliveryStatus[friend]
  await vi.waitFor(async () => expect(await status()).toMatchObject({ delivered: 'unknown' }), { interval: 20 })
  const to = envelope('', 'alice@facteur.test')
  await link.deliver(to, bounce(`x${messageId}`, friend))
  await link.deliver(to, bounce(messageId, 'stranger@elsewhere.test'))
  expect(await status()).toMatchObject({ delivered: 'unknown' })
  await link.deliver(to, bounce(messageId, friend))
  expect(await status()).toMatchObject({ delivered: 'no', smtpReply: '552 5.2.2 full' })
})
