import { describe, expect, it } from 'vitest'
import { decodeUtf8, parseMdn } from '../../../src/format/index.ts'
import { type Answer, using, World } from '../../access/jmap/world.ts'

const asking = `From: Joe <joe@example.com>
To: alice@facteur.test
Subject: World domination
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <199509192301.23456@example.org>
Disposition-Notification-To: Joe <joe@example.com>

Plans.
`

/** The example of RFC 9007 §3.1, with its names. */
const example = {
  subject: 'Read receipt for: World domination',
  textBody:
    "This receipt shows that the email has been displayed on your recipient's computer. There is no guarantee it has been read or understood.",
  reportingUA: 'joes-pc.cs.example.com; Foomail 97.1',
  disposition: { actionMode: 'manual-action', sendingMode: 'mdn-sent-manually', type: 'displayed' },
  extensionFields: { 'X-EXTENSION-EXAMPLE': 'example.com' },
}

async function call(world: World, name: string, args: object): Promise<Answer[]> {
  const methodCalls = [[name, { accountId: 'a1', ...args }, 'c']]
  const { body } = await world.post(JSON.stringify({ using: [...using, 'urn:ietf:params:jmap:mdn'], methodCalls }))
  return body.methodResponses
}

/** The follow-up without which nothing is sent. */
const marking = { onSuccessUpdateEmail: { '#k1546': { 'keywords/$mdnsent': true } } }

async function send(world: World, mdn: object, more: object = marking): Promise<Answer[]> {
  const identityId = (await world.call('Identity/get', {})).list[0].id
  return call(world, 'MDN/send', { identityId, send: { k1546: mdn }, ...more })
}

describe('MDN/send (RFC 9007 §2.1)', () => {
  it('answers the example of §3.1, and marks the email', async () => {
    const world = new World()
    const forEmailId = world.deliver(asking)
    const [first, implied] = await send(world, { forEmailId, ...example })
    expect(first[1]).toEqual({
      accountId: 'a1',
      sent: {
        k1546: {
          finalRecipient: 'rfc822; alice@facteur.test',
          originalMessageId: '<199509192301.23456@example.org>',
        },
      },
      notSent: null,
    })
    expect(implied).toMatchObject(['Email/set', { updated: { [forEmailId]: null } }, 'c'])
    const { envelope, raw } = world.sent[0] as (typeof world.sent)[0]
    expect(envelope).toMatchObject({
      reversePath: '',
      recipients: [{ address: 'joe@example.com', notify: ['NEVER'] }],
    })
    const text = decodeUtf8(raw)
    expect(text).toMatch(/^To: Joe <joe@example\.com>\r$/m)
    expect(text).toMatch(/report-type=disposition-notification/)
    expect(text).toContain(
      'Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\n' +
        'Final-Recipient: rfc822; alice@facteur.test\r\n' +
        'Original-Message-ID: <199509192301.23456@example.org>\r\n' +
        'Disposition: manual-action/mdn-sent-manually; displayed\r\n' +
        'X-EXTENSION-EXAMPLE: example.com\r\n',
    )
    const [again] = await send(world, { forEmailId, ...example })
    expect(again[1].notSent.k1546.type).toBe('mdnAlreadySent')
    expect(world.sent).toHaveLength(1)
  })

  it('sends the original along where that is asked for, and texts of its own where none are given', async () => {
    const world = new World()
    const forEmailId = world.deliver(asking)
    await send(world, { forEmailId, includeOriginalMessage: true, disposition: example.disposition })
    const raw = world.sent[0]?.raw as Uint8Array
    expect(parseMdn(raw)).toMatchObject({ subject: 'Read receipt for: World domination', hasOriginal: true })
    expect(decodeUtf8(raw)).toContain('Plans.')
  })

  it.each([
    ['no disposition', {}, 'invalidProperties'],
    [
      'a disposition that is none',
      { disposition: { ...example.disposition, type: 'constructor' } },
      'invalidProperties',
    ],
    ['a field that the server sets', { ...example, originalMessageId: '<x@y>' }, 'invalidProperties'],
    ['a value with a line end', { ...example, reportingUA: 'a\r\nX: y' }, 'invalidProperties'],
    ['a name that is no field name', { ...example, extensionFields: { 'a b': 'c' } }, 'invalidProperties'],
    ['an email that is not there', { ...example, forEmailId: 'M999' }, 'notFound'],
    ["somebody else's finalRecipient (§5)", { ...example, finalRecipient: 'rfc822; eve@example.com' }, 'forbiddenFrom'],
    ['a finalRecipient without its type', { ...example, finalRecipient: 'alice@facteur.test' }, 'forbiddenFrom'],
  ])('refuses %s', async (_, mdn, type) => {
    const world = new World()
    const forEmailId = world.deliver(asking)
    const [answer] = await send(world, { forEmailId, ...mdn })
    expect(answer[1].notSent.k1546.type).toBe(type)
    expect(world.sent).toEqual([])
  })

  it('notFound where nobody asked for it (§2.1)', async () => {
    const world = new World()
    const forEmailId = world.deliver(asking.replace(/Disposition-.*\n/, ''))
    const [answer] = await send(world, { forEmailId, ...example })
    expect(answer[1].notSent.k1546.type).toBe('notFound')
  })

  it.each([
    ['without a follow-up', {}],
    ['with a follow-up for another', { onSuccessUpdateEmail: { '#k1': { 'keywords/$mdnsent': true } } }],
    ['with another keyword', { onSuccessUpdateEmail: { '#k1546': { 'keywords/$seen': true } } }],
    ['that takes the keyword away', { onSuccessUpdateEmail: { '#k1546': { 'keywords/$mdnsent': null } } }],
  ])('rejects a call %s: $mdnsent would not be set (§2.1)', async (_, more) => {
    const world = new World()
    const [answer] = await send(world, { forEmailId: world.deliver(asking), ...example }, more)
    expect(answer).toMatchObject(['error', { type: 'invalidArguments' }, 'c'])
    expect(world.sent).toEqual([])
  })

  it('takes $mdnsent among all keywords', async () => {
    const world = new World()
    const forEmailId = world.deliver(asking)
    const keywords = { $seen: true, $mdnsent: true }
    await send(world, { forEmailId, ...example }, { onSuccessUpdateEmail: { '#k1546': { keywords } } })
    expect((await world.call('Email/get', { ids: [forEmailId] })).list[0].keywords).toEqual(keywords)
  })

  it('mdnAlreadySent for the second MDN about one email in a call', async () => {
    const world = new World()
    const mdn = { forEmailId: world.deliver(asking), ...example }
    const identityId = (await world.call('Identity/get', {})).list[0].id
    const patch = { 'keywords/$mdnsent': true }
    const onSuccessUpdateEmail = { '#a': patch, '#b': patch }
    const [answer] = await call(world, 'MDN/send', { identityId, send: { a: mdn, b: mdn }, onSuccessUpdateEmail })
    expect(answer[1]).toMatchObject({ sent: { a: {} }, notSent: { b: { type: 'mdnAlreadySent' } } })
    expect(world.sent).toHaveLength(1)
  })

  it('takes a finalRecipient of the account, which wins over the identity (§2)', async () => {
    const world = new World()
    const forEmailId = world.deliver(asking)
    const [answer] = await send(world, { forEmailId, ...example, finalRecipient: 'rfc822; sales@facteur.test' })
    expect(answer[1].sent.k1546).not.toHaveProperty('finalRecipient')
    expect(decodeUtf8(world.sent[0]?.raw as Uint8Array)).toContain('Final-Recipient: rfc822; sales@facteur.test\r\n')
  })

  it('refuses an identity that is not there', async () => {
    const [answer] = await call(new World(), 'MDN/send', { identityId: 'I999', send: {} })
    expect(answer[1].type).toBe('invalidArguments')
  })
})

const report = (disposition: string) =>
  new TextEncoder().encode(
    `Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n${disposition}\r\n--b--\r\n`,
  )

describe('MDN/parse (RFC 9007 §2.2)', () => {
  it('reads back what was sent', async () => {
    const world = new World()
    const asked = world.deliver(asking)
    await send(world, { forEmailId: asked, ...example })
    const received = world.deliver(decodeUtf8(world.sent[0]?.raw as Uint8Array)).replace('M', 'G')
    const other = world.deliver(asking.replace('<199509', '<299509')).replace('M', 'G')
    const [answer] = await call(world, 'MDN/parse', { blobIds: [received, other, 'G999'] })
    expect(answer[1]).toEqual({
      accountId: 'a1',
      parsed: {
        [received]: {
          forEmailId: asked,
          subject: example.subject,
          textBody: expect.stringContaining('This receipt shows'),
          includeOriginalMessage: false,
          reportingUA: example.reportingUA,
          disposition: example.disposition,
          mdnGateway: null,
          originalRecipient: null,
          finalRecipient: 'rfc822; alice@facteur.test',
          originalMessageId: '<199509192301.23456@example.org>',
          error: null,
          extensionFields: { 'X-EXTENSION-EXAMPLE': 'example.com' },
        },
      },
      notParsable: [other],
      notFound: ['G999'],
    })
  })

  it('finds the email by its Message-ID whatever way it came; of several the newest that JMAP sees', async () => {
    const world = new World()
    const notification = decodeUtf8(
      report('Original-Message-ID: <old@example.com>\r\nDisposition: manual-action/MDN-sent-manually; displayed'),
    )
    const blobId = world.deliver(notification).replace('M', 'G')
    const forEmailId = async () =>
      (await call(world, 'MDN/parse', { blobIds: [blobId] }))[0][1].parsed[blobId].forEmailId
    expect(await forEmailId()).toBeNull()
    const message = 'From: alice@facteur.test\nMessage-ID: <old@example.com>\nSubject: x\n\nx\n'
    const first = world.deliver(message, { role: 'sent' })
    expect(await forEmailId()).toBe(first)
    const second = world.deliver(message, { role: 'archive' })
    expect(await forEmailId()).toBe(second)
    await world.call('Email/set', { destroy: [second] })
    expect(await forEmailId()).toBe(first)
  })

  it('null where the notification names no message (§2.2)', async () => {
    const world = new World()
    const raw = decodeUtf8(report('Disposition: manual-action/MDN-sent-manually; displayed'))
    const blobId = world.deliver(raw).replace('M', 'G')
    const [answer] = await call(world, 'MDN/parse', { blobIds: [blobId] })
    expect(answer[1].parsed[blobId]).toMatchObject({ forEmailId: null, originalMessageId: null })
  })

  it('requestTooLarge above maxObjectsInGet, unknownMethod without its capability (§1.2)', async () => {
    const world = new World({ maxObjectsInGet: 1 })
    const [answer] = await call(world, 'MDN/parse', { blobIds: ['G1', 'G2'] })
    expect(answer).toMatchObject(['error', { type: 'requestTooLarge' }, 'c'])
    expect((await world.refusal('MDN/parse', { blobIds: [] })).type).toBe('unknownMethod')
    expect((await world.refusal('MDN/send', {})).type).toBe('unknownMethod')
  })

  it('reads a disposition with modifiers in any case (RFC 8098 §3.2.6), and refuses one that is none', () => {
    expect(parseMdn(report('Disposition: Automatic-Action/MDN-sent-automatically; processed/error'))).toMatchObject({
      disposition: { actionMode: 'automatic-action', sendingMode: 'mdn-sent-automatically', type: 'processed' },
    })
    for (const wrong of ['Disposition: x/y; z', 'Other: 1', '']) expect(parseMdn(report(wrong))).toBeUndefined()
  })
})

describe('a notification that comes back (RFC 8621 §7)', () => {
  it('is listed with its submission, whose reader has seen the message', async () => {
    const world = new World()
    const emailId = world.deliver(
      'From: alice@facteur.test\nTo: joe@example.com\nDate: Mon, 23 Nov 2026 10:00:00 +0100\nMessage-ID: <q1@facteur.test>\n\nHi\n',
      { role: 'drafts' },
    )
    const identityId = (await world.call('Identity/get', {})).list[0].id
    const { created } = await world.call('EmailSubmission/set', { create: { k: { emailId, identityId } } })
    const raw = `From: joe@example.com
To: alice@facteur.test
Subject: Read
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b

Read.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; Joe@example.com
Original-Message-ID: <q1@facteur.test>
Disposition: manual-action/MDN-sent-manually; displayed

--b--
`
    const id = world.deliver(raw)
    const [email] = world.store.emails([Number(id.slice(1)) as never])
    world.outbox.stored(world.store.raw(Number(id.slice(1)) as never) as Uint8Array, email as never)
    const { list } = await world.call('EmailSubmission/get', { ids: [created.k.id] })
    expect(list[0]).toMatchObject({
      mdnBlobIds: [id.replace('M', 'G')],
      dsnBlobIds: [],
      deliveryStatus: { 'joe@example.com': { displayed: 'yes', delivered: 'queued' } },
    })
    const [parsed] = await call(world, 'MDN/parse', { blobIds: [id.replace('M', 'G')] })
    expect(parsed[1].parsed[id.replace('M', 'G')].forEmailId).toBe(emailId)
  })
})
