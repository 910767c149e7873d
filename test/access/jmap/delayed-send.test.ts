import { describe, expect, it } from 'vitest'
import { composeReport, decodeUtf8, encodeUtf8 } from '../../../src/format/index.ts'
import { type Answer, World } from './world.ts'

const letter = `From: Alice <alice@facteur.test>
To: bob@example.com
Bcc: carol@example.com
Subject: Later
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <later@facteur.test>

Hi
`

async function submit(world: World, parameters: Record<string, string> | null): Promise<Answer> {
  const emailId = world.deliver(letter, { role: 'drafts', keywords: ['$draft'] })
  const identityId = (await world.call('Identity/get', {})).list[0].id
  const envelope = {
    mailFrom: { email: 'alice@facteur.test', parameters },
    rcptTo: [{ email: 'bob@example.com' }, { email: 'carol@example.com' }],
  }
  const answer = await world.call('EmailSubmission/set', { create: { k: { emailId, identityId, envelope } } })
  return { emailId, ...answer }
}

const get = async (world: World, id: string): Promise<Answer> =>
  (await world.call('EmailSubmission/get', { ids: [id] })).list[0]

const update = (world: World, id: string, patch: object) =>
  world.call('EmailSubmission/set', { update: { [id]: patch } })

describe('a message that is held for later (RFC 4865, RFC 8621 §7)', () => {
  it('is pending until its time, then final, and has been sent once', async () => {
    const world = new World()
    const { created } = await submit(world, { HOLDFOR: '3600' })
    const { id } = created.k
    expect(created.k).toMatchObject({ undoStatus: 'pending', sendAt: '2026-11-23T13:00:00Z', deliveryStatus: null })
    expect(world.sent).toEqual([])
    expect(world.wakeups).toEqual([world.now + 3_600_000])
    expect(world.outbox.nextWakeup()).toBe(world.now + 3_600_000)

    world.now += 3_599_999
    await world.outbox.run()
    expect(world.sent).toEqual([])
    world.now += 1
    const { state } = await world.call('EmailSubmission/get', { ids: [] })
    await world.outbox.run()
    await world.outbox.run()
    expect(world.sent).toHaveLength(1)
    expect(world.sent[0]?.options).toMatchObject({ committed: true, tag: expect.any(String) })
    expect(decodeUtf8(world.sent[0]?.raw as Uint8Array)).toBe(letter.replace(/Bcc.*\n/, '').replaceAll('\n', '\r\n'))
    expect(await get(world, id)).toMatchObject({
      undoStatus: 'final',
      deliveryStatus: { 'bob@example.com': { delivered: 'queued', displayed: 'unknown' } },
    })
    const changes = await world.call('EmailSubmission/changes', { sinceState: state })
    expect(changes).toMatchObject({ created: [], updated: [id] })
    expect(world.jmap.stateChange(world.commits.at(-1) as never)?.changed['a1']).toHaveProperty('EmailSubmission')
    expect(world.outbox.nextWakeup()).toBeUndefined()
  })

  it('is sent once, also when that cannot be written down for a while, as on a full disk', async () => {
    const world = new World()
    const { created } = await submit(world, { HOLDFOR: '60' })
    const { id } = created.k
    const write = world.store.updateSubmission.bind(world.store)
    world.store.updateSubmission = () => {
      throw new Error('database or disk is full: SQLITE_FULL')
    }
    world.now += 60_000
    await expect(world.outbox.run()).rejects.toThrow('full')
    const tag = world.sent[0]?.options?.tag as string
    world.outbox.track(tag, [{ recipient: 'bob@example.com', delivered: 'unknown', smtpReply: '250 2.0.0 There' }])
    await expect(world.outbox.run()).rejects.toThrow('full')
    expect(await update(world, id, { undoStatus: 'canceled' })).toMatchObject({
      notUpdated: { [id]: { type: 'cannotUnsend' } },
    })
    world.store.updateSubmission = write
    await world.outbox.run()
    expect(world.sent).toHaveLength(1)
    expect(await get(world, id)).toMatchObject({
      undoStatus: 'final',
      deliveryStatus: { 'bob@example.com': { smtpReply: '250 2.0.0 There', delivered: 'unknown' } },
    })
  })

  it('waits until a date too', async () => {
    const world = new World()
    const { created } = await submit(world, { holduntil: '2026-12-01T08:00:00Z' })
    expect(created.k).toMatchObject({ undoStatus: 'pending', sendAt: '2026-12-01T08:00:00Z' })
  })

  it.each([
    ['a date that has passed (RFC 4865 §4.2)', { HOLDUNTIL: '2026-11-01T08:00:00Z' }],
    ['no time at all', { HOLDFOR: '0' }],
  ])('goes at once with %s', async (_, parameters) => {
    const world = new World()
    expect((await submit(world, parameters)).created.k.undoStatus).toBe('final')
    expect(world.sent).toHaveLength(1)
  })

  it.each([
    ['both parameters', { HOLDFOR: '60', HOLDUNTIL: '2026-12-01T08:00:00Z' }],
    ['more than maxDelayedSend', { HOLDFOR: String(30 * 86_400 + 1) }],
    ['a date beyond maxDelayedSend', { HOLDUNTIL: '2027-12-01T08:00:00Z' }],
    ['what is no number', { HOLDFOR: '-1' }],
    ['what is no date', { HOLDUNTIL: 'tomorrow' }],
  ])('is refused with %s', async (_, parameters) => {
    const world = new World()
    const { notCreated } = await submit(world, parameters)
    expect(notCreated.k).toMatchObject({ type: 'invalidProperties', properties: ['envelope'] })
    expect(world.sent).toEqual([])
  })

  it('says how long, in the capability', () => {
    const session = new World().jmap.session('https://mail.facteur.test') as Answer
    const submission = 'urn:ietf:params:jmap:submission'
    expect(session.accounts.a1.accountCapabilities[submission]).toMatchObject({
      maxDelayedSend: 30 * 86_400,
      submissionExtensions: { FUTURERELEASE: [String(30 * 86_400)] },
    })
  })

  it('can be canceled until it is handed over, and is then never sent', async () => {
    const world = new World()
    const { id } = (await submit(world, { HOLDFOR: '60' })).created.k
    expect((await update(world, id, { undoStatus: 'canceled' })).updated).toEqual({ [id]: null })
    world.now += 61_000
    await world.outbox.run()
    expect(world.sent).toEqual([])
    expect(await get(world, id)).toMatchObject({ undoStatus: 'canceled' })
    expect((await update(world, id, { undoStatus: 'pending' })).notUpdated[id].type).toBe('invalidProperties')
  })

  it('cannot be canceled while it is being handed over', async () => {
    const world = new World()
    const { id } = (await submit(world, { HOLDFOR: '60' })).created.k
    world.now += 61_000
    let refused: Promise<Answer> | undefined
    world.submitting = () => void (refused = update(world, id, { undoStatus: 'canceled' }))
    await world.outbox.run()
    expect((await refused)?.notUpdated[id].type).toBe('cannotUnsend')
    expect(world.sent).toHaveLength(1)
  })

  it('is sent though its email was destroyed, and its octets go with it', async () => {
    const world = new World()
    const { emailId, created } = await submit(world, { HOLDFOR: '60' })
    await world.call('Email/set', { destroy: [emailId] })
    world.now += 61_000
    await world.outbox.run()
    expect(world.sent).toHaveLength(1)
    expect((await get(world, created.k.id)).undoStatus).toBe('final')
    expect(await world.jmap.download('a1', emailId.replace('M', 'G'))).toBeUndefined()
  })

  it('its record stays while it is pending', async () => {
    const world = new World()
    const { id } = (await submit(world, { HOLDFOR: '60' })).created.k
    const answer = await world.call('EmailSubmission/set', { destroy: [id] })
    expect(answer.notDestroyed[id].type).toBe('forbidden')
  })

  it('is tried again when the house has a fault or a 4xx, and stays pending', async () => {
    const world = new World()
    const { id } = (await submit(world, { HOLDFOR: '60' })).created.k
    world.now += 60_000
    world.outcome = new Error('the directory is down')
    await world.outbox.run()
    expect(world.outbox.nextWakeup()).toBe(world.now + 60_000)
    world.now += 60_000
    world.outcome = { accepted: false, reply: { code: 451, enhanced: '4.3.0', text: 'later' } }
    await world.outbox.run()
    expect(world.outbox.nextWakeup()).toBe(world.now + 120_000)
    expect((await get(world, id)).undoStatus).toBe('pending')
    world.now += 120_000
    world.outcome = { accepted: true, reply: { code: 250, text: 'ok' } }
    await world.outbox.run()
    expect(world.sent).toHaveLength(1)
  })

  it('tells what the last attempt said while it waits', async () => {
    const world = new World()
    const { id } = (await submit(world, { HOLDFOR: '60' })).created.k
    world.now += 60_000
    world.outcome = { accepted: false, reply: { code: 451, enhanced: '4.3.0', text: 'later' } }
    await world.outbox.run()
    expect((await get(world, id)).deliveryStatus['bob@example.com']).toEqual({
      delivered: 'queued',
      displayed: 'unknown',
      smtpReply: '451 4.3.0 later',
    })
  })

  it.each<[string, World['outcome'], string]>([
    ['a 4xx', { accepted: false, reply: { code: 451, enhanced: '4.3.0', text: 'later' } }, '451 4.3.0 later'],
    ['a fault of ours', new Error('secret'), '451 4.3.0 A fault of this server.'],
  ])('is given up after five days of %s, and reported (RFC 5321 §4.5.4.1, RFC 3463 §3.5)', async (_, outcome, last) => {
    const world = new World()
    const { id } = (await submit(world, { HOLDFOR: '60' })).created.k
    const end = world.now + 60_000 + 5 * 24 * 3600_000
    world.outcome = outcome
    let attempts = 0
    for (let at = world.outbox.nextWakeup(); at !== undefined; at = world.outbox.nextWakeup()) {
      world.now = at
      expect((await get(world, id)).undoStatus).toBe('pending')
      await world.outbox.run()
      attempts++
    }
    expect(world.now).toBe(end)
    expect(attempts).toBeLessThan(150)
    const submission = await get(world, id)
    expect(submission).toMatchObject({
      undoStatus: 'final',
      deliveryStatus: { 'bob@example.com': { delivered: 'no', smtpReply: expect.stringMatching(/^554 5\.4\.7 /) } },
    })
    const report = world.store.raw(Number(submission.dsnBlobIds[0].slice(1)) as never) as Uint8Array
    expect(decodeUtf8(report)).toContain('Status: 5.4.7')
    // That its time is over is not why.
    expect(decodeUtf8(report)).toContain('bob@example.com is not taking the message at the moment.')
    expect(decodeUtf8(report).replaceAll('\r\n ', ' ')).toContain(last)
    expect(decodeUtf8(report)).not.toContain('secret')
    expect(world.sent).toEqual([])
  })

  it('what is refused in the end is reported into the inbox, in its language: nobody waits for the refusal', async () => {
    const world = new World()
    world.store.updateAccount({ language: 'fr' })
    const { id } = (await submit(world, { HOLDFOR: '60' })).created.k
    world.now += 60_000
    world.outcome = { accepted: false, reply: { code: 553, enhanced: '5.7.1', text: 'not yours' } }
    await world.outbox.run()
    const submission = await get(world, id)
    expect(submission).toMatchObject({
      undoStatus: 'final',
      deliveryStatus: { 'bob@example.com': { delivered: 'no', smtpReply: '553 5.7.1 not yours' } },
      dsnBlobIds: [expect.stringMatching(/^G\d+$/)],
    })
    const report = await world.octets(submission.dsnBlobIds[0])
    expect(decodeUtf8(report as Uint8Array)).toContain('Status: 5.7.1')
    expect(decodeUtf8(report as Uint8Array)).toContain('Content-Language: fr')
  })
})

type ReportedAction = 'failed' | 'delivered' | 'delayed' | 'relayed' | 'expanded'

const tagOf = (world: World): string => world.sent[0]?.options?.tag as string

const report = (envelopeId?: string, action: ReportedAction = 'failed') =>
  composeReport({
    reportingMta: 'mx.example.com',
    from: { address: 'mailer-daemon@example.com' },
    to: 'alice@facteur.test',
    date: Date.UTC(2026, 10, 23, 13),
    messageId: 'dsn1@example.com',
    ...(envelopeId === undefined ? {} : { envelopeId }),
    recipients: [
      action === 'failed'
        ? { finalRecipient: 'bob@example.com', action, status: '5.2.2', diagnostic: '552 5.2.2 full' }
        : { finalRecipient: 'bob@example.com', action, status: action === 'delayed' ? '4.2.2' : '2.0.0' },
    ],
    original: encodeUtf8(letter.replaceAll('\n', '\r\n')),
  })

function receive(world: World, raw: Uint8Array): string {
  const id = world.deliver(decodeUtf8(raw))
  const email = world.store.emails([Number(id.slice(1)) as never])[0]
  world.outbox.stored(raw, email as never)
  return id.replace('M', 'G')
}

describe('deliveryStatus follows the message (RFC 8621 §7)', () => {
  it('by news from the queues, which is a change of the submission', async () => {
    const world = new World()
    const { id } = (await submit(world, null)).created.k
    const { state } = await world.call('EmailSubmission/get', { ids: [] })
    const news = { recipient: 'bob@example.com', delivered: 'queued', smtpReply: '451 4.7.1 Greylisted' } as const
    world.outbox.track(tagOf(world), [news])
    expect((await get(world, id)).deliveryStatus['bob@example.com']).toEqual({
      smtpReply: '451 4.7.1 Greylisted',
      delivered: 'queued',
      displayed: 'unknown',
    })
    expect((await world.call('EmailSubmission/changes', { sinceState: state })).updated).toEqual([id])
    world.outbox.track(tagOf(world), [{ ...news, delivered: 'no', smtpReply: '550 5.1.1 no' }])
    world.outbox.track(tagOf(world), [{ ...news, delivered: 'yes', smtpReply: '250 2.0.0 ok' }])
    expect((await get(world, id)).deliveryStatus['bob@example.com'].delivered).toBe('no')
  })

  it('by news that outruns the answer to the hand-over', async () => {
    const world = new World()
    world.submitting = (options) =>
      world.outbox.track(options?.tag as string, [
        { recipient: 'bob@example.com', delivered: 'unknown', smtpReply: '250 2.0.0 taken' },
      ])
    const { id } = (await submit(world, null)).created.k
    expect((await get(world, id)).deliveryStatus).toMatchObject({
      'bob@example.com': { delivered: 'unknown', smtpReply: '250 2.0.0 taken' },
      'carol@example.com': { delivered: 'queued' },
    })
  })

  it('by the name that an alias left as ORCPT (RFC 3461 §4.2)', async () => {
    const world = new World()
    const { id } = (await submit(world, null)).created.k
    world.outbox.track(tagOf(world), [
      {
        recipient: 'x@elsewhere.example',
        orcpt: 'rfc822;Bob@example.com',
        delivered: 'yes',
        smtpReply: '250 2.0.0 ok',
      },
      { recipient: 'stranger@elsewhere.example', delivered: 'no', smtpReply: '550 5.1.1 no' },
    ])
    const { deliveryStatus } = await get(world, id)
    expect(Object.keys(deliveryStatus)).toEqual(['bob@example.com', 'carol@example.com'])
    expect(deliveryStatus['bob@example.com'].delivered).toBe('yes')
  })

  it('for all recipients that lead to one place, whatever the address there is', async () => {
    const world = new World()
    const { id } = (await submit(world, null)).created.k
    const submitted = ['carol@example.com', 'bob@example.com']
    const smtpReply = '250 2.0.0 taken'
    world.outbox.track(tagOf(world), [{ recipient: 'bob@example.com', submitted, delivered: 'unknown', smtpReply }])
    expect((await get(world, id)).deliveryStatus).toMatchObject({
      'bob@example.com': { delivered: 'unknown', smtpReply },
      'carol@example.com': { delivered: 'unknown', smtpReply },
    })
  })

  it('says yes at once for a mailbox of this house', async () => {
    const world = new World()
    world.outcome = { accepted: true, reply: { code: 250, text: 'ok' }, delivered: ['carol@example.com'] }
    const { id } = (await submit(world, null)).created.k
    expect((await get(world, id)).deliveryStatus).toMatchObject({
      'bob@example.com': { delivered: 'queued' },
      'carol@example.com': { delivered: 'yes' },
    })
  })

  it('ignores a tag that nobody gave', async () => {
    const world = new World()
    const { id } = (await submit(world, null)).created.k
    world.outbox.track('guess', [{ recipient: 'bob@example.com', delivered: 'no', smtpReply: '550 no' }])
    expect((await get(world, id)).deliveryStatus['bob@example.com'].delivered).toBe('queued')
  })

  it('by a report from elsewhere that names the ENVID (RFC 3464 §2.2.1)', async () => {
    const world = new World()
    const { id } = (await submit(world, null)).created.k
    const blobId = receive(world, report(tagOf(world)))
    expect(await get(world, id)).toMatchObject({
      deliveryStatus: { 'bob@example.com': { delivered: 'no', smtpReply: '552 5.2.2 full' } },
      dsnBlobIds: [blobId],
    })
  })

  it.each<[ReportedAction, string]>([
    ['failed', 'no'],
    ['delivered', 'yes'],
    ['delayed', 'queued'],
    ['relayed', 'queued'],
    ['expanded', 'queued'],
  ])('a report of action %s makes it %s', async (action, delivered) => {
    const world = new World()
    const { id } = (await submit(world, null)).created.k
    const blobId = receive(world, report(tagOf(world), action))
    const { deliveryStatus, dsnBlobIds } = await get(world, id)
    expect(deliveryStatus['bob@example.com'].delivered).toBe(delivered)
    expect(dsnBlobIds).toEqual([blobId])
  })

  it('other messages are no reports', async () => {
    const world = new World()
    const { id } = (await submit(world, null)).created.k
    receive(world, encodeUtf8(letter))
    expect((await get(world, id)).dsnBlobIds).toEqual([])
  })
})
