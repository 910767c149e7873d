/** Reports from anybody on what was sent from here: what they are believed, and what not. */
import { describe, expect, it } from 'vitest'
import { composeReport, type DeliveryReport, decodeUtf8, encodeUtf8 } from '../../../src/format/index.ts'
import { type Answer, World } from './world.ts'

const letter = `From: Alice <alice@facteur.test>
To: bob@example.com, carol@example.com
Subject: Hello
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <sent@facteur.test>

Hi
`

const relayed = '250 2.0.0 taken by mx.example.com'
const full = '552 5.2.2 full'
const bob = 'bob@example.com'

/** A message to Bob, whose mail another server has, and Carol, whose mailbox is in this house. */
async function sent(): Promise<{ world: World; tag: string; statuses: () => Promise<Answer> }> {
  const world = new World()
  world.outcome = { accepted: true, reply: { code: 250, text: 'ok' }, delivered: ['carol@example.com'] }
  const emailId = world.deliver(letter, { role: 'drafts', keywords: ['$draft'] })
  const identityId = (await world.call('Identity/get')).list[0].id
  const { created } = await world.call('EmailSubmission/set', { create: { k: { emailId, identityId } } })
  const tag = world.sent[0]?.options?.tag as string
  world.outbox.track(tag, [{ recipient: bob, delivered: 'unknown', smtpReply: relayed }])
  const statuses = async () => (await world.call('EmailSubmission/get', { ids: [created.k.id] })).list[0]
  return { world, tag, statuses }
}

const report = (changes: Partial<DeliveryReport> = {}, id = 'sent@facteur.test') =>
  composeReport({
    reportingMta: 'mx.example.com',
    from: { address: 'mailer-daemon@example.com' },
    to: 'alice@facteur.test',
    date: Date.UTC(2026, 10, 23, 13),
    messageId: 'dsn1@example.com',
    recipients: [{ finalRecipient: bob, action: 'failed', status: '5.2.2', diagnostic: full }],
    original: encodeUtf8(`From: alice@facteur.test\r\nMessage-ID: <${id}>\r\n\r\nHi\r\n`),
    ...changes,
  })

const about = (finalRecipient: string, action: 'failed' | 'delivered' = 'failed') => ({
  recipients: [{ finalRecipient, action, status: action === 'failed' ? '5.1.1' : '2.0.0' }],
})

/** The blob id of the report as it lies in the inbox. */
function receive(world: World, raw: Uint8Array, isJunk = false): string {
  const id = world.deliver(decodeUtf8(raw))
  world.outbox.stored(raw, world.store.emails([Number(id.slice(1)) as never])[0] as never, isJunk)
  return id.replace('M', 'G')
}

describe('a report without the tag, as from a server without DSN (RFC 3461 §5.2.2)', () => {
  it('that names message and recipient tells of a failure behind the next host', async () => {
    const { world, statuses } = await sent()
    const blobId = receive(world, report())
    expect(await statuses()).toMatchObject({
      deliveryStatus: { [bob]: { delivered: 'no', smtpReply: full }, 'carol@example.com': { delivered: 'yes' } },
      dsnBlobIds: [blobId],
    })
  })

  it('that returns nothing of the message but answers it is as good', async () => {
    const { world, statuses } = await sent()
    const bare = decodeUtf8(report()).replace(/Message-ID: <sent@facteur\.test>/, 'X-Removed: yes')
    receive(world, encodeUtf8(bare))
    expect(bare).toContain('In-Reply-To: <sent@facteur.test>')
    expect((await statuses()).deliveryStatus[bob].delivered).toBe('no')
  })

  it('or is no report at all, but the words of qmail', async () => {
    const { world, statuses } = await sent()
    const words = [
      'Hi. This is the qmail-send program at mx.example.com.',
      '',
      `<${bob}>:`,
      `Remote host said: ${full}`,
    ]
    const copy = ['', '--- Below this line is a copy of the message.', '', 'Message-ID: <sent@facteur.test>', '', 'Hi']
    receive(world, encodeUtf8(['From: mailer-daemon@example.com', '', ...words, ...copy].join('\r\n')))
    expect((await statuses()).deliveryStatus[bob]).toMatchObject({ delivered: 'no', smtpReply: full })
  })

  it.each<[string, Uint8Array]>([
    ['of somebody who was not written to', report(about('eve@example.com'))],
    ['of success, which servers tell who were asked, and they know the tag', report(about(bob, 'delivered'))],
    ['of a failure of what is in a mailbox here', report(about('carol@example.com'))],
  ])('changes nothing when it tells %s; it is listed', async (_, raw) => {
    const { world, statuses } = await sent()
    const before = (await statuses()).deliveryStatus
    const blobId = receive(world, raw)
    expect(await statuses()).toMatchObject({ deliveryStatus: before, dsnBlobIds: [blobId] })
  })

  it.each<[string, Uint8Array, boolean]>([
    ['another message', report({}, 'other@facteur.test'), false],
    ['a tag that was guessed', report({ envelopeId: 'guess' }, 'other@facteur.test'), false],
    ['the right message, but was taken for junk', report(), true],
  ])('is not even listed when it names %s', async (_, raw, isJunk) => {
    const { world, statuses } = await sent()
    receive(world, raw, isJunk)
    expect(await statuses()).toMatchObject({ deliveryStatus: { [bob]: { smtpReply: relayed } }, dsnBlobIds: [] })
  })

  it('changes nothing while the message is still in our own queue', async () => {
    const { world } = await sent()
    const emailId = world.deliver(letter.replace('<sent@', '<waiting@'), { role: 'drafts' })
    const identityId = (await world.call('Identity/get')).list[0].id
    await world.call('EmailSubmission/set', { create: { k: { emailId, identityId } } })
    receive(world, report({}, 'waiting@facteur.test'))
    const [, waiting] = (await world.call('EmailSubmission/get')).list
    expect(waiting.deliveryStatus[bob].delivered).toBe('queued')
  })
})

describe('a report with the tag as ENVID (RFC 3461 §4.4)', () => {
  it.each<['failed' | 'delivered', string]>([
    ['failed', 'no'],
    ['delivered', 'yes'],
  ])('of action %s makes it %s, also where it was taken for junk', async (action, delivered) => {
    const { world, tag, statuses } = await sent()
    receive(world, report({ ...about(bob, action), envelopeId: tag }, 'gone@facteur.test'), true)
    expect((await statuses()).deliveryStatus[bob].delivered).toBe(delivered)
  })

  it('knows its recipient by the address that the sender wrote, where it went on to another (RFC 3461 §4.2)', async () => {
    const { world, tag, statuses } = await sent()
    const [recipient] = about('robert@inner.example').recipients
    const originalRecipient = `rfc822;${bob}`
    receive(world, report({ recipients: [{ ...recipient!, originalRecipient }], envelopeId: tag }))
    expect((await statuses()).deliveryStatus[bob].delivered).toBe('no')
  })

  it('says nothing against what is in a mailbox here: one recipient’s server may lie about another', async () => {
    const { world, tag, statuses } = await sent()
    receive(world, report({ ...about('carol@example.com'), envelopeId: tag }))
    expect((await statuses()).deliveryStatus['carol@example.com'].delivered).toBe('yes')
  })
})
