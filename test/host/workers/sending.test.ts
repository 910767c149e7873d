/** Limits of what goes outside, and addresses that mail came back from or that complained. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { account, admin, basic, envelope, fromOutside, furnish, jmap, LinkClient, message, resultOf } from './house.ts'
import { dohAnswer, egressRequest, oneHost } from './outside.ts'

let link: LinkClient
let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'abuse'])
  link = await LinkClient.open()
})

beforeEach(() => {
  vi.stubGlobal('fetch', outside)
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** One host for every domain; nobody there is called `gone`. */
async function outside(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const asked = new Request(input, init)
  if (new URL(asked.url).hostname === 'doh.test') return dohAnswer(asked.url, oneHost)
  const { request } = await egressRequest(asked)
  const recipients = request.envelope.recipients.map(({ address }) => ({
    recipient: address,
    ...(address.startsWith('gone')
      ? { status: 'bounced', reply: { code: 550, enhanced: '5.1.1', text: 'No such user' } }
      : { status: 'delivered', reply: { code: 250, text: 'taken' } }),
    at: Date.now(),
  }))
  return Response.json({ recipients, remote: 'mx.elsewhere.test' })
}

async function submit(to: string, fields: { id?: string } = {}) {
  const raw = message({ from: 'alice@facteur.test', to, subject: 'x', ...fields })
  const submission = { ...fromOutside, kind: 'submission', accountId: ids.alice }
  return link.deliver(envelope('alice@facteur.test', to), raw, submission)
}

const suppressed = async () =>
  (await admin('GET', '/accounts/alice@facteur.test/suppressions')).body as { address: string; reason: string }[]

test('an address that does not exist is refused the next time, until the administrator allows it again', async () => {
  expect(await submit('gone@elsewhere.test')).toMatchObject({ code: 250 })
  await vi.waitFor(async () => expect(await suppressed()).toMatchObject([{ address: 'gone@elsewhere.test' }]))
  expect(await submit('gone@elsewhere.test')).toMatchObject({
    code: 550,
    enhanced: '5.1.1',
    text: expect.stringMatching(
      /^<gone@elsewhere\.test> did not take mail on \d{4}-\d\d-\d\d: .*No such user/,
    ) as string,
  })
  const path = '/accounts/alice@facteur.test/suppressions/gone@elsewhere.test'
  expect((await admin('DELETE', path)).status).toBe(204)
  expect((await admin('DELETE', path)).status).toBe(404)
  expect(await submit('gone@elsewhere.test')).toMatchObject({ code: 250 })
})

test('a report that a stranger forged changes nothing', async () => {
  const forged = [
    'From: MAILER-DAEMON@mx.elsewhere.test',
    'To: alice@facteur.test',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.elsewhere.test',
    '',
    'Final-Recipient: rfc822; boss@elsewhere.test',
    'Action: failed',
    'Status: 5.1.1',
    '',
    '--b--',
    '',
  ].join('\r\n')
  await link.deliver(envelope('', 'alice@facteur.test'), new TextEncoder().encode(forged), fromOutside)
  expect((await suppressed()).map(({ address }) => address)).not.toContain('boss@elsewhere.test')
})

const limits = (perHour: number | null) =>
  admin('PUT', '/accounts/alice@facteur.test/send-limits', { perHour, perDay: null })

test('who sends to too many recipients outside is told when there is room again', async () => {
  expect((await limits(4)).status).toBe(204)
  const replies = []
  for (let n = 0; n < 6; n++) replies.push((await submit(`friend${n}@elsewhere.test`)).code)
  expect(replies.at(-1)).toBe(450)
  expect(await submit('friend@elsewhere.test')).toMatchObject({
    enhanced: '4.7.0',
    text: expect.stringMatching(
      /^You may send to 4 recipients outside an hour; there is room again after 20/,
    ) as string,
  })
  expect(await submit('abuse@facteur.test')).toMatchObject({ code: 250 })
  expect((await limits(-1)).status).toBe(400)
  expect((await limits(null)).status).toBe(204)
  expect(await submit('friend@elsewhere.test')).toMatchObject({ code: 250 })
})

/** RFC 5965: somebody called a message of ours spam. */
function complaint(messageId: string, recipient: string): Uint8Array {
  return new TextEncoder().encode(
    [
      'From: fbl@provider.test',
      'To: abuse@facteur.test',
      'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
      '',
      '--b',
      'Content-Type: message/feedback-report',
      '',
      'Feedback-Type: abuse',
      'Version: 1',
      `Original-Rcpt-To: ${recipient}`,
      '',
      '--b',
      'Content-Type: text/rfc822-headers',
      '',
      'From: alice@facteur.test',
      `Message-ID: <${messageId}>`,
      '',
      '--b--',
      '',
    ].join('\r\n'),
  )
}

test('whoever complains about a message that was sent to them gets no more', async () => {
  const sent = message({ from: 'alice@facteur.test', to: 'angry@elsewhere.test', subject: 'News', id: 'news' })
  const { alice } = ids as { alice: string }
  await account(alice).deliver([{ raw: sent, reversePath: '', recipient: 'alice@facteur.test' }])
  await link.deliver(
    envelope('fbl@provider.test', 'abuse@facteur.test'),
    complaint('news@outside.test', 'angry@elsewhere.test'),
    fromOutside,
  )
  await moveToSent(alice)
  for (const recipient of ['angry@elsewhere.test', 'bystander@elsewhere.test']) {
    await link.deliver(
      envelope('fbl@provider.test', 'abuse@facteur.test'),
      complaint('news@outside.test', recipient),
      fromOutside,
    )
  }
  await vi.waitFor(async () =>
    expect((await suppressed()).filter(({ reason }) => reason === 'complained')).toMatchObject([
      { address: 'angry@elsewhere.test' },
    ]),
  )
  expect(await submit('angry@elsewhere.test')).toMatchObject({
    code: 550,
    text: expect.stringMatching(/complained about mail from you/) as string,
  })
})

async function moveToSent(accountId: string): Promise<void> {
  const login = basic('alice@facteur.test')
  const boxes = resultOf<{ list: { id: string; role: string }[] }>(
    await jmap(login, [['Mailbox/get', { accountId }, 'm']]),
    'm',
  ).list
  const sent = boxes.find(({ role }) => role === 'sent')?.id as string
  const { ids: found } = resultOf<{ ids: string[] }>(
    await jmap(login, [['Email/query', { accountId, filter: { subject: 'News' } }, 'q']]),
    'q',
  )
  const update = Object.fromEntries(found.map((id) => [id, { mailboxIds: { [sent]: true } }]))
  resultOf(await jmap(login, [['Email/set', { accountId, update }, 's']]), 's')
}
