import { describe, expect, it } from 'vitest'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

async function one(world: World, id: string, args: Record<string, unknown>): Promise<Answer> {
  const { list } = await world.call('Email/get', { ids: [id], ...args })
  return list[0]
}

describe('Email/get metadata (RFC 8621 §4.1.1)', () => {
  it('gives the default properties', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage, { keywords: ['$Seen', 'Custom'] })
    expect(await one(world, id, {})).toEqual({
      id,
      blobId: expect.stringMatching(/^G\d+$/),
      threadId: expect.stringMatching(/^T\d+$/),
      mailboxIds: { [world.mailbox('inbox')]: true },
      keywords: { $seen: true, custom: true },
      size: expect.any(Number),
      receivedAt: '2026-11-23T12:00:00Z',
      messageId: ['m1@example.com'],
      inReplyTo: null,
      references: null,
      sender: null,
      from: [{ name: 'Bob', email: 'bob@example.com' }],
      to: [{ name: null, email: 'alice@facteur.test' }],
      cc: null,
      bcc: null,
      replyTo: null,
      subject: 'Hello',
      sentAt: '2026-11-23T10:00:00+01:00',
      hasAttachment: false,
      preview: 'Hi Alice, see you.',
      bodyValues: {},
      textBody: [expect.objectContaining({ partId: '0', type: 'text/plain', charset: 'us-ascii' })],
      htmlBody: [expect.objectContaining({ partId: '0' })],
      attachments: [],
    })
    expect(world.faults).toEqual([])
  })

  it('keeps the order of ids and reports each missing one once', async () => {
    const world = new World()
    const [a, b] = [world.deliver(simpleMessage), world.deliver(simpleMessage)]
    const { list, notFound } = await world.call('Email/get', { ids: [b, 'M999', a, b, 'x'], properties: ['id'] })
    expect(list).toEqual([{ id: b }, { id: a }])
    expect(notFound.toSorted()).toEqual(['M999', 'x'])
  })

  it('refuses to give all emails at once (RFC 8620 §5.1)', async () => {
    expect((await new World().refusal('Email/get', { ids: null })).type).toBe('requestTooLarge')
  })
})

describe('Email/changes (RFC 8621 §4.3)', () => {
  it('goes in steps of maxChanges until nothing is left', async () => {
    const world = new World()
    let { state } = await world.call('Email/get', { ids: [] })
    const ids = Array.from({ length: 7 }, (_, n) => world.deliver(simpleMessage.replace('m1', `s${n}`)))
    const created: string[] = []
    for (let more = true; more;) {
      const step = await world.call('Email/changes', { sinceState: state, maxChanges: 3 })
      expect(step.created.length).toBeLessThanOrEqual(3)
      created.push(...step.created)
      state = step.newState
      more = step.hasMoreChanges
    }
    expect(created).toEqual(ids)
  })
})

describe('metadata (RFC 8621 §4.1.1)', () => {
  it('size is that of the blob, which is the message octet for octet', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const { blobId, size } = await one(world, id, { properties: ['blobId', 'size'] })
    const octets = await world.octets(blobId)
    expect(octets).toHaveLength(size)
    expect(new TextDecoder().decode(octets)).toBe(simpleMessage.replaceAll('\n', '\r\n'))
  })

  it('receivedAt is that of the store, to the fraction of a second, without zeros (RFC 8620 §1.4)', async () => {
    const world = new World()
    for (const [receivedAt, shown] of [
      [Date.UTC(2014, 9, 30, 14, 12), '2014-10-30T14:12:00Z'],
      [Date.UTC(2014, 9, 30, 14, 12, 0, 120), '2014-10-30T14:12:00.12Z'],
    ] as const) {
      const id = world.deliver(simpleMessage, { receivedAt })
      expect((await one(world, id, { properties: ['receivedAt'] })).receivedAt).toBe(shown)
    }
  })

  it('two emails of the same octets have ids and keywords of their own', async () => {
    const world = new World()
    const [a, b] = [world.deliver(simpleMessage), world.deliver(simpleMessage, { role: 'archive' })]
    expect(a).not.toBe(b)
    await world.call('Email/set', { update: { [a]: { 'keywords/$seen': true } } })
    expect((await one(world, b, { properties: ['keywords'] })).keywords).toEqual({})
  })
})

describe('Email/get (RFC 8621 §4.2)', () => {
  it('answers the example of §4.2.1, with the ids of this account', async () => {
    const world = new World()
    const html = `<html><body><p>Hello ${'and hello again '.repeat(40)}</p></body></html>`
    const raw = `From: Joe Bloggs <joe@example.com>
Subject: Dinner on Thursday?
List-Post: <mailto:partytime@lists.example.com>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

${html}
--b
Content-Type: text/plain

-- Sent by your friendly mailing list ...
--b--
`
    const id = world.deliver(raw, { receivedAt: Date.UTC(2013, 9, 13, 14, 12) })
    const answer = await world.call('Email/get', {
      ids: ['f123u456', id],
      properties: [
        'threadId',
        'mailboxIds',
        'from',
        'subject',
        'receivedAt',
        'header:List-POST:asURLs',
        'htmlBody',
        'bodyValues',
      ],
      bodyProperties: ['partId', 'blobId', 'size', 'type'],
      fetchHTMLBodyValues: true,
      maxBodyValueBytes: 256,
    })
    const parts = [
      { partId: '1', blobId: expect.any(String), size: html.length, type: 'text/html' },
      { partId: '2', blobId: expect.any(String), size: 41, type: 'text/plain' },
    ]
    expect(answer).toEqual({
      accountId: 'a1',
      state: expect.any(String),
      list: [
        {
          id,
          threadId: expect.any(String),
          mailboxIds: { [world.mailbox('inbox')]: true },
          from: [{ name: 'Joe Bloggs', email: 'joe@example.com' }],
          subject: 'Dinner on Thursday?',
          receivedAt: '2013-10-13T14:12:00Z',
          'header:List-POST:asURLs': ['mailto:partytime@lists.example.com'],
          htmlBody: parts,
          bodyValues: {
            1: { isEncodingProblem: false, isTruncated: true, value: expect.stringMatching(/^<html><body><p>Hello /) },
            2: { isEncodingProblem: false, isTruncated: false, value: '-- Sent by your friendly mailing list ...' },
          },
        },
      ],
      notFound: ['f123u456'],
    })
    expect(answer.list[0].bodyValues['1'].value.length).toBeLessThanOrEqual(256)
  })

  it.each([null, undefined])(
    'properties %s means the default ones, and bodyValues is there though empty',
    async (properties) => {
      const world = new World()
      const email = await one(world, world.deliver(simpleMessage), properties === undefined ? {} : { properties })
      expect(Object.keys(email)).toEqual([
        'id',
        'blobId',
        'threadId',
        'mailboxIds',
        'keywords',
        'size',
        'receivedAt',
        'messageId',
        'inReplyTo',
        'references',
        'sender',
        'from',
        'to',
        'cc',
        'bcc',
        'replyTo',
        'subject',
        'sentAt',
        'hasAttachment',
        'preview',
        'bodyValues',
        'textBody',
        'htmlBody',
        'attachments',
      ])
    },
  )

  it('each part is shown with the properties asked for, in each list', async () => {
    const world = new World()
    const email = await one(world, world.deliver(simpleMessage), {
      properties: ['bodyStructure', 'textBody', 'htmlBody'],
      bodyProperties: ['partId', 'header:Subject:asText'],
    })
    const shown = { partId: '0', 'header:Subject:asText': 'Hello' }
    expect(email).toMatchObject({ bodyStructure: shown, textBody: [shown], htmlBody: [shown] })
  })

  it('bodyProperties may be empty', async () => {
    const world = new World()
    const email = await one(world, world.deliver(simpleMessage), { properties: ['textBody'], bodyProperties: [] })
    expect(email.textBody).toEqual([{}])
  })
})

describe('Email/changes (RFC 8621 §4.3)', () => {
  it('tells created, updated and destroyed, each email once', async () => {
    const world = new World()
    const [a, b] = [world.deliver(simpleMessage), world.deliver(simpleMessage)]
    const { state } = await world.call('Email/get', { ids: [] })
    const c = world.deliver(simpleMessage)
    const d = world.deliver(simpleMessage)
    await world.call('Email/set', {
      update: { [a]: { 'keywords/$seen': true }, [c]: { 'keywords/$seen': true } },
      destroy: [b, d],
    })
    await world.call('Email/set', { update: { [a]: { mailboxIds: { [world.mailbox('trash')]: true } } } })
    expect(await world.call('Email/changes', { sinceState: state })).toMatchObject({
      oldState: state,
      hasMoreChanges: false,
      created: [c],
      updated: [a],
      destroyed: [b],
    })
  })
})
