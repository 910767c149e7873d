import { describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../../src/format/index.ts'
import { parseEmailId } from '../../../src/mailbox/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'
import { listMessage } from './list-message.ts'

function rawOf(world: World, id: string): string {
  const raw = world.store.raw(parseEmailId(id) as never)
  if (raw === undefined) throw new Error('no such email')
  return decodeUtf8(raw)
}

async function one(world: World, id: string, args: Record<string, unknown>): Promise<Answer> {
  const { list } = await world.call('Email/get', { ids: [id], ...args })
  return list[0]
}

async function upload(world: World, text: string, type: string): Promise<string> {
  return JSON.parse((await world.jmap.upload('a1', new TextEncoder().encode(text), type)).body).blobId
}

describe('Email/import (RFC 8621 §4.8)', () => {
  const received = `Received: from a by b; Sun, 22 Nov 2026 08:00:00 +0000\n${simpleMessage}`

  it('takes an upload byte for byte, dated by its newest Received field', async () => {
    const world = new World()
    const text = received.replaceAll('\n', '\r\n')
    const blobId = await upload(world, text, 'message/rfc822')
    const answer = await world.call('Email/import', {
      emails: { k: { blobId, mailboxIds: { [world.mailbox('archive')]: true }, keywords: { $Seen: true } } },
    })
    expect(answer).toMatchObject({ accountId: 'a1', notCreated: null })
    expect(Object.keys(answer).toSorted()).toEqual(['accountId', 'created', 'newState', 'notCreated', 'oldState'])
    expect(rawOf(world, answer.created.k.id)).toBe(text)
    const { list } = await world.call('Email/get', {
      ids: [answer.created.k.id],
      properties: ['receivedAt', 'keywords'],
    })
    expect(list[0]).toMatchObject({ receivedAt: '2026-11-22T08:00:00Z', keywords: { $seen: true } })
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['no blob', { blobId: undefined }, 'invalidProperties'],
    ['a blob that is not there', { blobId: 'U999' }, 'invalidProperties'],
    ['no mailbox', { mailboxIds: {} }, 'invalidProperties'],
    ['a wrong keyword', { keywords: { '%': true } }, 'invalidProperties'],
    ['an unknown property', { subject: 'x' }, 'invalidProperties'],
  ])('%s', async (_, change, type) => {
    const world = new World()
    const blobId = await upload(world, received, 'message/rfc822')
    const email = { blobId, mailboxIds: { [world.mailbox('inbox')]: true }, ...change }
    expect((await world.call('Email/import', { emails: { k: email } })).notCreated.k.type).toBe(type)
  })

  it('invalidEmail for what is no message', async () => {
    const world = new World()
    const blobId = await upload(world, '\u0000\u0001 nothing', 'message/rfc822')
    const emails = { k: { blobId, mailboxIds: { [world.mailbox('inbox')]: true } } }
    expect((await world.call('Email/import', { emails })).notCreated.k.type).toBe('invalidEmail')
  })

  it('stateMismatch, and emails is needed', async () => {
    const world = new World()
    expect((await world.refusal('Email/import', { emails: {}, ifInState: '99999' })).type).toBe('stateMismatch')
    expect((await world.refusal('Email/import', {})).type).toBe('invalidArguments')
  })
})

describe('Email/parse (RFC 8621 §4.9)', () => {
  it('parses attached and uploaded messages, and gives their parts names', async () => {
    const world = new World()
    const { attachments } = await one(world, world.deliver(listMessage), { properties: ['attachments'] })
    const inner = attachments.at(-1).blobId
    const bytes = new TextEncoder().encode(listMessage.replaceAll('\n', '\r\n'))
    const upload = JSON.parse((await world.jmap.upload('a1', bytes, 'message/rfc822')).body)
    const empty = JSON.parse((await world.jmap.upload('a1', new Uint8Array(), 'text/plain')).body)
    const answer = await world.call('Email/parse', {
      blobIds: [inner, upload.blobId, empty.blobId, 'U999', 'nonsense'],
      properties: [
        'id',
        'mailboxIds',
        'keywords',
        'receivedAt',
        'threadId',
        'subject',
        'attachments',
        'blobId',
        'size',
      ],
    })
    expect(answer.notFound).toEqual(['U999', 'nonsense'])
    expect(answer.notParsable).toEqual([empty.blobId])
    expect(answer.parsed[inner]).toMatchObject({ subject: 'inner', id: null, mailboxIds: null, keywords: null })
    const parsed = answer.parsed[upload.blobId]
    expect(parsed).toMatchObject({ receivedAt: null, threadId: null, blobId: upload.blobId, size: bytes.length })
    expect(await world.octets(parsed.attachments[2].blobId)).toHaveLength(3)
    const nested = await world.call('Email/parse', {
      blobIds: [parsed.attachments.at(-1).blobId],
      properties: ['subject'],
    })
    expect(Object.values(nested.parsed)).toEqual([{ subject: 'inner' }])
  })
})

describe('copying (RFC 8620 §5.4, §6.3)', () => {
  it('there is no other account to copy from', async () => {
    const world = new World()
    expect((await world.refusal('Email/copy', { fromAccountId: 'a2', create: {} })).type).toBe('fromAccountNotFound')
    expect((await world.refusal('Email/copy', { fromAccountId: 'a1', create: {} })).type).toBe('invalidArguments')
    expect((await world.refusal('Blob/copy', { fromAccountId: 'a2', blobIds: [] })).type).toBe('fromAccountNotFound')
  })
})

async function imported(world: World, text: string, more: Record<string, unknown> = {}): Promise<Answer> {
  const blobId = await upload(world, text.replaceAll('\n', '\r\n'), 'message/rfc822')
  const k = { blobId, mailboxIds: { [world.mailbox('inbox')]: true }, ...more }
  const { created, notCreated } = await world.call('Email/import', { emails: { k } })
  return created?.k ?? notCreated.k
}

describe('Email/import, rule by rule (RFC 8621 §4.8)', () => {
  it('answers id, blobId, threadId and size; keywords are none, receivedAt is now', async () => {
    const world = new World()
    const email = await imported(world, simpleMessage)
    expect(Object.keys(email).toSorted()).toEqual(['blobId', 'id', 'size', 'threadId'])
    const { list } = await world.call('Email/get', { ids: [email.id] })
    expect(list[0]).toMatchObject({ ...email, keywords: {}, receivedAt: '2026-11-23T12:00:00Z' })
  })

  it('takes keywords null and receivedAt null for not given', async () => {
    const world = new World()
    const { id } = await imported(world, simpleMessage, { keywords: null, receivedAt: null })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords', 'receivedAt'] })
    expect(list[0]).toEqual({ id, keywords: {}, receivedAt: '2026-11-23T12:00:00Z' })
  })

  it('takes the time of the most recent Received field: the topmost', async () => {
    const world = new World()
    const trace = [
      'Received: from b by c; Sun, 22 Nov 2026 08:00:00 +0100',
      'Received: from a by b; Sat, 21 Nov 2026 08:00:00 +0000',
    ]
    const { id } = await imported(world, `${trace.join('\n')}\n${simpleMessage}`)
    const { list } = await world.call('Email/get', { ids: [id], properties: ['receivedAt'] })
    expect(list[0].receivedAt).toBe('2026-11-22T07:00:00Z')
  })

  it('a Received field without a date is none', async () => {
    const world = new World()
    const { id } = await imported(world, `Received: from a by b\n${simpleMessage}`)
    const { list } = await world.call('Email/get', { ids: [id], properties: ['receivedAt'] })
    expect(list[0].receivedAt).toBe('2026-11-23T12:00:00Z')
  })

  it('supports headers in UTF-8 (RFC 6532)', async () => {
    const world = new World()
    const { id } = await imported(world, 'From: Zoë <zoë@bücher.example>\nSubject: Grüße\n\nx\n')
    const { list } = await world.call('Email/get', { ids: [id], properties: ['from', 'subject'] })
    expect(list[0]).toMatchObject({ from: [{ name: 'Zoë', email: 'zoë@bücher.example' }], subject: 'Grüße' })
  })

  it('one message imported twice is two emails, each with an id of its own', async () => {
    const world = new World()
    const [a, b] = [await imported(world, simpleMessage), await imported(world, simpleMessage)]
    expect(a.id).not.toBe(b.id)
    expect(a.threadId).toBe(b.threadId)
  })

  it('imports what another email has as its blob', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const [{ blobId }] = (await world.call('Email/get', { ids: [id], properties: ['blobId'] })).list
    const emails = { k: { blobId, mailboxIds: { [world.mailbox('archive')]: true } } }
    const { created } = await world.call('Email/import', { emails })
    expect(created.k.id).not.toBe(id)
    expect(rawOf(world, created.k.id)).toBe(rawOf(world, id))
  })

  it('each succeeds or fails alone', async () => {
    const world = new World()
    const blobId = await upload(world, simpleMessage.replaceAll('\n', '\r\n'), 'message/rfc822')
    const mailboxIds = { [world.mailbox('inbox')]: true }
    const answer = await world.call('Email/import', {
      emails: { good: { blobId, mailboxIds }, bad: { blobId: 'U999', mailboxIds }, worse: { mailboxIds } },
    })
    expect(Object.keys(answer.created)).toEqual(['good'])
    expect(answer.notCreated).toMatchObject({
      bad: { type: 'invalidProperties', properties: ['blobId'] },
      worse: { type: 'invalidProperties', properties: ['blobId'] },
    })
    expect(answer.newState).not.toBe(answer.oldState)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a blobId that is a number', { blobId: 1 }, 'blobId'],
    ['a blobId null', { blobId: null }, 'blobId'],
    ['mailboxIds that are a list', { mailboxIds: ['B1'] }, 'mailboxIds'],
    ['a mailbox that is not there', { mailboxIds: { B999: true } }, 'mailboxIds'],
    ['a mailbox that is false', { mailboxIds: { B1: false } }, 'mailboxIds'],
    ['keywords that are a list', { keywords: ['$seen'] }, 'keywords'],
    ['a keyword that is false', { keywords: { $seen: false } }, 'keywords'],
    ['a date with an offset', { receivedAt: '2018-07-10T01:03:11+02:00' }, 'receivedAt'],
  ])('invalidProperties for %s', async (_, more, property) => {
    expect(await imported(new World(), simpleMessage, more)).toMatchObject({
      type: 'invalidProperties',
      properties: [property],
    })
  })

  it('invalidProperties names everything that is wrong at once (RFC 8620 §5.3)', async () => {
    const world = new World()
    const k = { blobId: 'U999', mailboxIds: {}, keywords: { '%': true }, receivedAt: 1 }
    const { notCreated } = await world.call('Email/import', { emails: { k } })
    expect(notCreated.k.type).toBe('invalidProperties')
    expect(new Set(notCreated.k.properties)).toEqual(new Set(Object.keys(k)))
  })

  it('tooLarge, overQuota, tooManyKeywords and tooManyMailboxes as in Email/set', async () => {
    const limits = { maxKeywordsPerEmail: 1, maxMailboxesPerEmail: 1 }
    const world = new World({ maxSizeEmail: 500 }, { limits })
    expect(await imported(world, simpleMessage + 'x'.repeat(500))).toMatchObject({ type: 'tooLarge', maxSize: 500 })
    expect((await imported(world, simpleMessage, { keywords: { a: true, b: true } })).type).toBe('tooManyKeywords')
    const mailboxIds = { [world.mailbox('inbox')]: true, [world.mailbox('sent')]: true }
    expect((await imported(world, simpleMessage, { mailboxIds })).type).toBe('tooManyMailboxes')
    const id = world.deliver(simpleMessage)
    const [{ blobId }] = (await world.call('Email/get', { ids: [id], properties: ['blobId'] })).list
    world.store.updateAccount({ quota: world.store.quota().used + 1 })
    const emails = { k: { blobId, mailboxIds: { [world.mailbox('inbox')]: true } } }
    expect((await world.call('Email/import', { emails })).notCreated.k.type).toBe('overQuota')
  })

  it('requestTooLarge above maxObjectsInSet, invalidArguments for what is no map', async () => {
    const world = new World({ maxObjectsInSet: 1 })
    expect((await world.refusal('Email/import', { emails: { a: {}, b: {} } })).type).toBe('requestTooLarge')
    expect((await world.refusal('Email/import', { emails: [] })).type).toBe('invalidArguments')
    expect((await world.refusal('Email/import', { emails: { a: 1 } })).type).toBe('invalidArguments')
    expect((await world.refusal('Email/import', { emails: {}, colour: 1 })).type).toBe('invalidArguments')
  })
})

async function parsed(args: Record<string, unknown>, text = simpleMessage): Promise<Answer> {
  const world = new World()
  const blobId = await upload(world, text.replaceAll('\n', '\r\n'), 'message/rfc822')
  return (await world.call('Email/parse', { blobIds: [blobId], ...args })).parsed[blobId]
}

describe('Email/parse, argument by argument (RFC 8621 §4.9)', () => {
  it.each([{}, { properties: null }])('has the default properties for %j', async (args) => {
    expect(Object.keys(await parsed(args)).toSorted()).toEqual(
      [
        'messageId, inReplyTo, references, sender, from, to, cc, bcc, replyTo, subject, sentAt, hasAttachment, preview',
        'bodyValues, textBody, htmlBody, attachments',
      ]
        .flatMap((names) => names.split(', '))
        .toSorted(),
    )
  })

  it('what only a stored email has is null', async () => {
    const properties = ['id', 'mailboxIds', 'keywords', 'receivedAt', 'threadId']
    expect(await parsed({ properties })).toEqual(Object.fromEntries(properties.map((name) => [name, null])))
  })

  it('reads everything else as of a stored email', async () => {
    const world = new World()
    const properties = [
      'headers',
      'header:Subject:asText',
      'from',
      'sentAt',
      'preview',
      'hasAttachment',
      'bodyStructure',
      'bodyValues',
      'size',
    ]
    const bodyProperties = ['partId', 'type', 'size', 'name', 'header:Content-Type:all']
    const args = { properties, bodyProperties, fetchAllBodyValues: true }
    const text = listMessage.replaceAll('\n', '\r\n')
    const id = world.deliver(listMessage)
    const blobId = await upload(world, text, 'message/rfc822')
    const stored = await one(world, id, args)
    const { id: _, ...rest } = stored
    expect((await world.call('Email/parse', { blobIds: [blobId], ...args })).parsed[blobId]).toEqual(rest)
  })

  it('fetches body values as asked, truncated as asked', async () => {
    const args = { properties: ['bodyValues'], fetchTextBodyValues: true, maxBodyValueBytes: 2 }
    expect(await parsed(args)).toEqual({
      bodyValues: { '0': { value: 'Hi', isTruncated: true, isEncodingProblem: false } },
    })
    expect(await parsed({ properties: ['bodyValues'] })).toEqual({ bodyValues: {} })
  })

  it('supports headers in UTF-8 (RFC 6532)', async () => {
    expect(await parsed({ properties: ['subject'] }, 'Subject: Grüße\n\nx\n')).toEqual({ subject: 'Grüße' })
  })

  it('keeps the capitals of a header property', async () => {
    expect(await parsed({ properties: ['header:sUbJeCt'] })).toEqual({ 'header:sUbJeCt': ' Hello' })
  })

  it('null where there is none: parsed, notParsable, notFound', async () => {
    const world = new World()
    const none = { parsed: null, notParsable: null, notFound: null }
    expect(await world.call('Email/parse', { blobIds: [] })).toEqual({ accountId: 'a1', ...none })
    const blobId = await upload(world, 'no message at all', 'text/plain')
    expect(await world.call('Email/parse', { blobIds: [blobId] })).toMatchObject({ ...none, notParsable: [blobId] })
    expect(await world.call('Email/parse', { blobIds: ['U999'] })).toMatchObject({ ...none, notFound: ['U999'] })
  })

  it.each([
    {},
    { blobIds: null },
    { blobIds: 'U1' },
    { blobIds: [], properties: ['colour'] },
    { blobIds: [], properties: ['header:From:asDate'] },
    { blobIds: [], bodyProperties: ['header:From:asDate'] },
    { blobIds: [], bodyProperties: ['colour'] },
    { blobIds: [], maxBodyValueBytes: -1 },
    { blobIds: [], fetchTextBodyValues: 1 },
    { blobIds: [], ids: [] },
  ])('invalidArguments for %j', async (args) => {
    expect((await new World().refusal('Email/parse', args)).type).toBe('invalidArguments')
  })

  it('requestTooLarge above maxObjectsInGet', async () => {
    const world = new World({ maxObjectsInGet: 1 })
    expect((await world.refusal('Email/parse', { blobIds: ['U1', 'U2'] })).type).toBe('requestTooLarge')
  })
})
