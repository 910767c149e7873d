import { describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../../src/format/index.ts'
import { parseEmailId } from '../../../src/mailbox/index.ts'
import { simpleMessage, using, World, type Answer } from '../../access/jmap/world.ts'

function rawOf(world: World, id: string): string {
  const raw = world.store.raw(parseEmailId(id) as never)
  if (raw === undefined) throw new Error('no such email')
  return decodeUtf8(raw)
}

async function create(world: World, email: Record<string, unknown>): Promise<Answer> {
  const whole = { mailboxIds: { [world.mailbox('drafts')]: true }, ...email }
  return world.call('Email/set', { create: { k1: whole } })
}

async function created(world: World, email: Record<string, unknown>): Promise<Answer> {
  const answer = await create(world, email)
  if (answer.created === null) throw new Error(JSON.stringify(answer.notCreated) + String(world.faults.at(-1)))
  return answer.created.k1
}

async function refused(email: Record<string, unknown>, world = new World()): Promise<Answer> {
  const answer = await create(world, email)
  expect(answer.created).toBeNull()
  expect(answer.newState).toBe(answer.oldState)
  return answer.notCreated.k1
}

async function upload(world: World, text: string, type: string): Promise<string> {
  return JSON.parse((await world.jmap.upload('a1', new TextEncoder().encode(text), type)).body).blobId
}

describe('Email/set update (RFC 8621 §4.6)', () => {
  it('patches keywords: the example of §4.10', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage, { keywords: ['$seen', '$flagged'] })
    const answer = await world.call('Email/set', {
      update: { [id]: { 'keywords/$Seen': null, 'keywords/Work': true } },
    })
    expect(answer).toMatchObject({ updated: { [id]: null }, notUpdated: null, created: null, destroyed: null })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords'] })
    expect(list[0].keywords).toEqual({ $flagged: true, work: true })
  })

  it('takes __proto__ for the keyword that it is', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    await world.call('Email/set', { update: { [id]: { 'keywords/__proto__': true } } })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords'] })
    expect(Object.entries(list[0].keywords)).toEqual([['__proto__', true]])
  })

  it('replaces keywords and mailboxes as a whole, by null keywords are emptied', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage, { keywords: ['$seen'] })
    const archive = world.mailbox('archive')
    await world.call('Email/set', {
      update: { [id]: { keywords: { $Flagged: true }, mailboxIds: { [archive]: true } } },
    })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords', 'mailboxIds'] })
    expect(list[0]).toEqual({ id, keywords: { $flagged: true }, mailboxIds: { [archive]: true } })
    await world.call('Email/set', { update: { [id]: { keywords: null } } })
    expect((await world.call('Email/get', { ids: [id], properties: ['keywords'] })).list[0].keywords).toEqual({})
  })

  it('moves by patch, also into a mailbox made in the same request', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const inbox = world.mailbox('inbox')
    const [[, made]] = await world.request(
      ['Mailbox/set', { create: { m: { name: 'New' } } }],
      ['Email/set', { update: { [id]: { [`mailboxIds/${inbox}`]: null, 'mailboxIds/#m': true } } }],
    )
    const { list } = await world.call('Email/get', { ids: [id], properties: ['mailboxIds'] })
    expect(list[0].mailboxIds).toEqual({ [made.created.m.id]: true })
  })

  it('takes immutable properties that are unchanged (RFC 8620 §5.3)', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const [whole] = (
      await world.call('Email/get', {
        ids: [id],
        properties: ['threadId', 'size', 'subject', 'from', 'receivedAt', 'preview', 'header:To'],
      })
    ).list
    const { updated } = await world.call('Email/set', { update: { [id]: { ...whole, 'keywords/$seen': true } } })
    expect(updated).toEqual({ [id]: null })
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['another subject', { subject: 'Changed' }, 'invalidProperties'],
    ['another size', { size: 1 }, 'invalidProperties'],
    ['an unknown property', { colour: 'red' }, 'invalidProperties'],
    ['a part of an immutable property', { 'from/0/name': 'x' }, 'invalidProperties'],
    ['a value that is not true', { 'keywords/$seen': 1 }, 'invalidProperties'],
    ['a value that is false among all', { keywords: { $seen: false } }, 'invalidProperties'],
    ['a keyword with a space', { 'keywords/a b': true }, 'invalidProperties'],
    ['keywords that are an array', { keywords: ['$seen'] }, 'invalidProperties'],
    ['no mailbox at all', { mailboxIds: {} }, 'invalidProperties'],
    ['mailboxIds null', { mailboxIds: null }, 'invalidProperties'],
    ['a mailbox that is not there', { 'mailboxIds/B999': true }, 'invalidProperties'],
    ['a mailbox that nothing created', { 'mailboxIds/#zz': true }, 'invalidProperties'],
    ['overlapping pointers', { keywords: {}, 'keywords/$seen': true }, 'invalidPatch'],
    ['a pointer too deep', { 'keywords/$seen/x': true }, 'invalidPatch'],
    ['one keyword in two cases', { 'keywords/A': true, 'keywords/a': null }, 'invalidPatch'],
    [
      'too many keywords',
      { keywords: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`k${n}`, true])) },
      'tooManyKeywords',
    ],
  ])('%s: nothing changes', async (_, patch, type) => {
    const world = new World()
    const id = world.deliver(simpleMessage, { keywords: ['$flagged'] })
    const answer = await world.call('Email/set', { update: { [id]: { 'keywords/$answered': true, ...patch } } })
    const expected = 'keywords' in patch && type !== 'invalidPatch' ? 'invalidPatch' : type
    expect(answer.notUpdated[id].type).toBe(expected)
    const alone = await world.call('Email/set', { update: { [id]: patch } })
    expect(alone.notUpdated[id].type).toBe(type)
    expect(alone.newState).toBe(answer.oldState)
    expect((await world.call('Email/get', { ids: [id], properties: ['keywords'] })).list[0].keywords).toEqual({
      $flagged: true,
    })
  })

  it('destroys, and reports unknown ids', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const { state } = await world.call('Email/get', { ids: [] })
    const answer = await world.call('Email/set', { destroy: [id, 'M999', 'zzz', '#zz'] })
    expect(answer.destroyed).toEqual([id])
    expect(Object.keys(answer.notDestroyed)).toEqual(['M999', 'zzz', '#zz'])
    expect(await world.call('Email/changes', { sinceState: state })).toMatchObject({
      destroyed: [id],
      created: [],
      updated: [],
    })
  })
})

describe('one email by two names', () => {
  it('is changed twice and destroyed once', async () => {
    const world = new World()
    const [inbox, archive] = [world.mailbox('inbox'), world.mailbox('archive')]
    const drafts = world.mailbox('drafts')
    const k = { mailboxIds: { [drafts]: true } }
    const id = `M${Number(world.store.state) + 1}`
    const [[, first], [, second], [, third]] = await world.request(
      ['Email/set', { create: { k } }],
      ['Email/set', { update: { [id]: { mailboxIds: { [inbox]: true } }, '#k': { [`mailboxIds/${archive}`]: true } } }],
      ['Email/get', { ids: ['#k', id], properties: ['mailboxIds'] }],
    )
    expect(first.created.k.id).toBe(id)
    expect(second.notUpdated).toBeNull()
    expect(third.list).toEqual([{ id, mailboxIds: { [inbox]: true, [archive]: true } }])
    const [, [, gone]] = await world.request(['Email/set', { create: { k } }], ['Email/set', { destroy: ['#k', id] }])
    expect(new Set(gone.destroyed).size).toBe(gone.destroyed.length)
  })
})

describe('Email/set create (RFC 8621 §4.6)', () => {
  /** The drafts of §4.10; the mailbox is this account's, and the line ends that the RFC's layout puts into the text are gone. */
  const plan = 'I have the most brilliant plan. Let me tell you all about it. What we do is, we'
  const richPlan = `<!DOCTYPE html><html><head><title></title><style type="text/css">div{font-size:16px}</style></head><body><div>${plan}</div></body></html>`
  const first = {
    keywords: { $seen: true, $draft: true },
    from: [{ name: 'Joe Bloggs', email: 'joe@example.com' }],
    subject: 'World domination',
    receivedAt: '2018-07-10T01:03:11Z',
    sentAt: '2018-07-10T11:03:11+10:00',
    bodyStructure: { type: 'text/plain', partId: 'bd48', 'header:Content-Language': 'en' },
    bodyValues: { bd48: { value: plan, isTruncated: false } },
  }
  const second = {
    keywords: { $seen: true, $draft: true },
    from: [{ name: 'Joe Bloggs', email: 'joe@example.com' }],
    to: [{ name: 'John', email: 'john@example.com' }],
    subject: 'World domination',
    receivedAt: '2018-07-10T01:05:08Z',
    sentAt: '2018-07-10T11:05:08+10:00',
    bodyStructure: {
      type: 'multipart/alternative',
      subParts: [
        { partId: 'a49d', type: 'text/html', 'header:Content-Language': 'en' },
        { partId: 'bd48', type: 'text/plain', 'header:Content-Language': 'en' },
      ],
    },
    bodyValues: {
      bd48: { value: plan, isTruncated: false },
      a49d: { value: richPlan, isTruncated: false },
    },
  }

  it('makes the first draft of §4.10, which looks like the message there', async () => {
    const world = new World()
    const email = await created(world, first)
    expect(email).toEqual({
      id: expect.stringMatching(/^M\d+$/),
      blobId: expect.stringMatching(/^G\d+$/),
      threadId: expect.stringMatching(/^T\d+$/),
      size: expect.any(Number),
    })
    const raw = rawOf(world, email.id)
    for (const field of [
      'Mime-Version: 1.0',
      'Date: Tue, 10 Jul 2018 11:03:11 +1000',
      'From: "Joe Bloggs" <joe@example.com>',
      'Subject: World domination',
      'Content-Language: en',
    ]) {
      const pattern = field.replaceAll('"', '"?').replaceAll(/[.+]/g, '\\$&')
      expect(raw).toMatch(new RegExp(`^${pattern}\r$`, 'im'))
    }
    expect(raw).toMatch(/^Message-ID: <[^<>@ ]+@[^<>@ ]+>\r$/m)
    expect(raw).toMatch(/^Content-Type: text\/plain(?:;|\r$)/m)
    expect(new TextEncoder().encode(raw).length).toBe(email.size)
    const { list } = await world.call('Email/get', { ids: [email.id], fetchAllBodyValues: true })
    expect(list[0]).toMatchObject({
      keywords: first.keywords,
      mailboxIds: { [world.mailbox('drafts')]: true },
      from: first.from,
      subject: first.subject,
      receivedAt: first.receivedAt,
      sentAt: first.sentAt,
      preview: plan,
      textBody: [{ type: 'text/plain', language: ['en'] }],
      attachments: [],
    })
    expect(Object.values<Answer>(list[0].bodyValues)[0].value.trim()).toBe(plan)
    expect(world.faults).toEqual([])
  })

  it('makes the second draft of §4.10 and destroys the first, in one call', async () => {
    const world = new World()
    const mailboxIds = { [world.mailbox('drafts')]: true }
    const { id } = await created(world, first)
    const answer = await world.call('Email/set', { create: { k1546: { mailboxIds, ...second } }, destroy: [id] })
    expect(answer).toMatchObject({ destroyed: [id], notCreated: null, notDestroyed: null })
    expect(answer.newState).not.toBe(answer.oldState)
    const { list } = await world.call('Email/get', {
      ids: [answer.created.k1546.id],
      properties: ['to', 'bodyStructure', 'textBody', 'htmlBody', 'bodyValues'],
      bodyProperties: ['type', 'partId', 'language'],
      fetchAllBodyValues: true,
    })
    const [draft] = list
    expect(draft.to).toEqual(second.to)
    expect(draft.bodyStructure).toMatchObject({
      type: 'multipart/alternative',
      subParts: [
        { type: 'text/html', language: ['en'] },
        { type: 'text/plain', language: ['en'] },
      ],
    })
    const shown = (parts: Answer[]): string[] => parts.map(({ partId }) => draft.bodyValues[partId].value.trim())
    expect([shown(draft.textBody), shown(draft.htmlBody)]).toEqual([[plan], [richPlan]])
  })

  it('makes Message-ID and Date when they are missing, an empty body when there is none', async () => {
    const world = new World()
    const { id } = await created(world, { subject: 'Grüße' })
    const { list } = await world.call('Email/get', { ids: [id], fetchTextBodyValues: true })
    expect(list[0]).toMatchObject({ subject: 'Grüße', sentAt: '2026-11-23T12:00:00Z', messageId: [expect.any(String)] })
    expect(Object.values<Answer>(list[0].bodyValues)[0].value.trim()).toBe('')
  })

  it('takes every form of header field, singly and :all', async () => {
    const world = new World()
    const { id } = await created(world, {
      to: [{ name: 'Zoë', email: 'z@example.com' }, { email: 'y@example.com' }],
      'header:Cc:asGroupedAddresses': [{ name: 'Friends', addresses: [{ email: 'f@example.com' }] }],
      'header:List-Post:asURLs': ['mailto:x@y.example'],
      inReplyTo: ['a@b'],
      references: ['a@b', 'c@d'],
      'header:Resent-Date:asDate': '2003-07-01T10:52:37+02:00',
      'header:X-Text:asText': 'café',
      'header:X-Raw': ' as it is\r\n folded',
      'header:X-Many:asText:all': ['one', 'two'],
      replyTo: null,
      textBody: [{ partId: '1' }],
      bodyValues: { '1': { value: 'é\nline two' } },
    })
    const properties = [
      'to',
      'header:Cc:asGroupedAddresses',
      'header:List-Post:asURLs',
      'inReplyTo',
      'references',
      'header:Resent-Date:asDate',
      'header:X-Text:asText',
      'header:X-Raw',
      'header:X-Many:asText:all',
      'replyTo',
      'bodyValues',
    ]
    const { list } = await world.call('Email/get', { ids: [id], properties, fetchTextBodyValues: true })
    expect(list[0]).toMatchObject({
      to: [
        { name: 'Zoë', email: 'z@example.com' },
        { name: null, email: 'y@example.com' },
      ],
      'header:Cc:asGroupedAddresses': [{ name: 'Friends', addresses: [{ name: null, email: 'f@example.com' }] }],
      'header:List-Post:asURLs': ['mailto:x@y.example'],
      inReplyTo: ['a@b'],
      references: ['a@b', 'c@d'],
      'header:Resent-Date:asDate': '2003-07-01T10:52:37+02:00',
      'header:X-Text:asText': 'café',
      'header:X-Raw': ' as it is\r\n folded',
      'header:X-Many:asText:all': ['one', 'two'],
      replyTo: null,
    })
    expect(Object.values<Answer>(list[0].bodyValues)[0].value).toMatch(/^é\nline two\n?$/)
  })

  it('builds alternatives, embedded images and attachments', async () => {
    const world = new World()
    const image = await upload(world, 'PNG', 'image/png')
    const paper = await upload(world, '%PDF', 'application/pdf')
    const { id } = await created(world, {
      textBody: [{ partId: 't' }],
      htmlBody: [{ partId: 'h', type: 'text/html' }],
      bodyValues: { t: { value: 'plain' }, h: { value: '<img src="cid:i">' } },
      attachments: [
        { blobId: image, type: 'image/png', cid: 'i', disposition: 'inline', name: 'i.png' },
        { blobId: paper, name: 'Äpfel.pdf' },
      ],
    })
    const { list } = await world.call('Email/get', {
      ids: [id],
      properties: ['bodyStructure', 'textBody', 'htmlBody', 'attachments', 'hasAttachment'],
    })
    const shape = (part: Answer): Answer => (part.subParts ? [part.type, ...part.subParts.map(shape)] : part.type)
    expect(shape(list[0].bodyStructure)).toEqual([
      'multipart/mixed',
      ['multipart/alternative', 'text/plain', ['multipart/related', 'text/html', 'image/png']],
      'application/pdf',
    ])
    expect(list[0].attachments).toMatchObject([
      { type: 'image/png', cid: 'i', disposition: 'inline', name: 'i.png' },
      { type: 'application/pdf', disposition: 'attachment', name: 'Äpfel.pdf', size: 4 },
    ])
    expect(list[0].hasAttachment).toBe(true)
    const pdf = list[0].attachments[1].blobId
    expect(decodeUtf8((await world.octets(pdf)) ?? new Uint8Array())).toBe('%PDF')
  })

  const body = { textBody: [{ partId: '1' }], bodyValues: { '1': { value: 'x' } } }

  it.each<[string, Record<string, unknown>, string[]]>([
    ['no mailbox', { mailboxIds: {} }, ['mailboxIds']],
    ['mailboxIds missing', { mailboxIds: undefined }, ['mailboxIds']],
    ['a mailbox that is not there', { mailboxIds: { B999: true } }, ['mailboxIds']],
    ['a keyword that is not one', { keywords: { 'a b': true } }, ['keywords']],
    ['receivedAt in another zone', { receivedAt: '2018-07-10T01:03:11+02:00' }, ['receivedAt']],
    ['headers', { headers: [] }, ['headers']],
    ['a server-set property', { id: 'M1' }, ['id']],
    ['preview', { preview: 'x' }, ['preview']],
    ['an unknown property', { colour: 'red' }, ['colour']],
    ['a property called __proto__', JSON.parse('{"__proto__":{"x":1}}') as Record<string, unknown>, ['__proto__']],
    ['one field twice', { from: [{ email: 'a@b.example' }], 'header:From': ' a@b.example' }, ['header:From']],
    ['one field twice in other capitals', { 'header:X-A': ' 1', 'header:x-a': ' 2' }, ['header:x-a']],
    ['a forbidden form', { 'header:From:asDate': '2018-07-10T01:03:11Z' }, ['header:From:asDate']],
    ['a Content- field on the email', { 'header:Content-Type': ' text/plain' }, ['header:Content-Type']],
    ['a subject of two lines', { subject: 'a\r\nBcc: victim@example.com' }, ['subject']],
    ['a raw field that ends', { 'header:X-Raw': ' a\r\nBcc: victim@example.com' }, ['header:X-Raw']],
    ['a raw field with an empty line', { 'header:X-Raw': ' a\r\n \r\n body' }, ['header:X-Raw']],
    ['an address with a line end', { to: [{ email: 'a@b.example\r\nX: y' }] }, ['to']],
    ['an address that closes its bracket', { to: [{ email: 'a@b.example>, <c@d.example' }] }, ['to']],
    ['an address with an unknown member', { to: [{ email: 'a@b.example', phone: 1 }] }, ['to']],
    ['addresses that are a string', { to: 'a@b.example' }, ['to']],
    ['a message id with a space', { messageId: ['a b'] }, ['messageId']],
    ['a date that is none', { sentAt: 'yesterday' }, ['sentAt']],
    ['bodyStructure and textBody', { bodyStructure: { partId: '1' }, ...body }, ['textBody']],
    ['two text bodies', { ...body, textBody: [{ partId: '1' }, { partId: '1' }] }, ['textBody']],
    ['a text body that is HTML', { ...body, textBody: [{ partId: '1', type: 'text/html' }] }, ['textBody/0/type']],
    [
      'an HTML body that is text',
      { ...body, textBody: null, htmlBody: [{ partId: '1', type: 'text/plain' }] },
      ['htmlBody/0/type'],
    ],
    ['a partId without value', { textBody: [{ partId: '2' }] }, ['textBody/0/partId']],
    ['partId and blobId', { ...body, textBody: [{ partId: '1', blobId: 'U1' }] }, ['textBody/0']],
    ['a charset with a partId', { ...body, textBody: [{ partId: '1', charset: 'utf-8' }] }, ['textBody/0/charset']],
    ['a size with a partId', { ...body, textBody: [{ partId: '1', size: 1 }] }, ['textBody/0/size']],
    ['headers on a part', { ...body, textBody: [{ partId: '1', headers: [] }] }, ['textBody/0/headers']],
    [
      'Content-Transfer-Encoding on a part',
      { ...body, textBody: [{ partId: '1', 'header:Content-Transfer-Encoding': ' 8bit' }] },
      ['textBody/0/header:Content-Transfer-Encoding'],
    ],
    [
      'a truncated body value',
      { ...body, bodyValues: { '1': { value: 'x', isTruncated: true } } },
      ['bodyValues/1', 'textBody/0/partId'],
    ],
    [
      'a damaged body value',
      { ...body, bodyValues: { '1': { value: 'x', isEncodingProblem: true } } },
      ['bodyValues/1', 'textBody/0/partId'],
    ],
    [
      'a multipart without parts',
      { bodyStructure: { type: 'multipart/mixed', subParts: [] } },
      ['bodyStructure/subParts'],
    ],
    [
      'a multipart type on a leaf',
      { bodyStructure: { type: 'multipart/mixed', partId: '1' }, bodyValues: { '1': { value: 'x' } } },
      ['bodyStructure/type'],
    ],
    [
      'a root field repeated',
      { subject: 's', bodyStructure: { partId: '1', 'header:Subject': ' t' }, bodyValues: { '1': { value: 'x' } } },
      ['bodyStructure/header:Subject'],
    ],
    [
      'a type with a line end',
      { ...body, textBody: [{ partId: '1', type: 'text/plain\r\nX: y' }] },
      ['textBody/0/type'],
    ],
  ])('invalidProperties for %s', async (_, email, properties) => {
    const error = await refused(email)
    expect(error.type).toBe('invalidProperties')
    expect(error.properties).toEqual(properties)
  })

  it('invalidProperties names everything that is wrong at once (RFC 8620 §5.3)', async () => {
    const error = await refused({
      mailboxIds: { B999: true },
      keywords: { 'a b': true },
      receivedAt: 'now',
      subject: 1,
      colour: 'red',
      textBody: [{ partId: '1', headers: [] }],
      attachments: [{ blobId: 'U999' }],
    })
    expect(error.type).toBe('invalidProperties')
    const wrong = ['mailboxIds', 'keywords', 'receivedAt', 'subject', 'colour', 'textBody/0/headers']
    expect(new Set(error.properties)).toEqual(new Set(wrong))
  })

  it('blobNotFound with every missing blob', async () => {
    const attachments = [{ blobId: 'U998' }, { blobId: 'U999' }]
    expect(await refused({ attachments })).toEqual({ type: 'blobNotFound', notFound: ['U998', 'U999'] })
  })

  it('tooLarge above maxSizeAttachmentsPerEmail', async () => {
    const world = new World({ maxSizeAttachmentsPerEmail: 10 })
    const blobId = await upload(world, 'x'.repeat(11), 'text/plain')
    expect(await refused({ attachments: [{ blobId }] }, world)).toMatchObject({ type: 'tooLarge', maxSize: 10 })
  })

  it('creates, updates and destroys in one call, each on its own', async () => {
    const world = new World()
    const drafts = world.mailbox('drafts')
    const answer = await world.call('Email/set', {
      create: { a: { mailboxIds: { [drafts]: true }, subject: 'a' }, b: { subject: 'b' } },
      update: { '#a': { 'keywords/$draft': true }, '#b': { 'keywords/$draft': true } },
    })
    expect(Object.keys(answer.created)).toEqual(['a'])
    expect(answer.updated).toEqual({ [answer.created.a.id]: null })
    expect(answer.notCreated.b.type).toBe('invalidProperties')
    expect(answer.notUpdated['#b'].type).toBe('notFound')
  })
})

describe('Content- fields on a part that is created (RFC 8621 §4.6)', () => {
  const bodyValues = { '1': { value: 'x' } }

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['Content-Language', { 'header:Content-Language': 'en, de' }, { language: ['en', 'de'] }],
    ['Content-Language as text', { 'header:Content-Language:asText': 'en' }, { language: ['en'] }],
    ['Content-ID', { 'header:Content-ID': ' <a@b.example>' }, { cid: 'a@b.example' }],
    ['Content-ID as message ids', { 'header:Content-ID:asMessageIds': ['a@b.example'] }, { cid: 'a@b.example' }],
    ['Content-Location', { 'header:Content-Location': ' http://a.example/b' }, { location: 'http://a.example/b' }],
    [
      'Content-Disposition with a file name',
      { 'header:Content-Disposition': ' attachment; filename="Äpfel.txt"' },
      { disposition: 'attachment', name: 'Äpfel.txt' },
    ],
    [
      'Content-Type beside a disposition',
      { 'header:Content-Type': 'text/markdown', disposition: 'inline' },
      { type: 'text/markdown', disposition: 'inline' },
    ],
    [
      'Content-Description',
      { 'header:Content-Description:asText': 'Grüße' },
      { 'header:Content-Description:asText': 'Grüße' },
    ],
    ['another field', { 'header:X-Part': ' 7' }, { 'header:X-Part': ' 7' }],
  ])('%s is set', async (_, fields, shown) => {
    const world = new World()
    const { id } = await created(world, { bodyStructure: { partId: '1', ...fields }, bodyValues })
    const bodyProperties = [
      'type',
      'language',
      'cid',
      'location',
      'disposition',
      'name',
      'header:Content-Description:asText',
      'header:X-Part',
    ]
    const { list } = await world.call('Email/get', { ids: [id], properties: ['bodyStructure'], bodyProperties })
    expect(list[0].bodyStructure).toMatchObject(shown)
  })

  it('Content-Type keeps its parameters but charset and boundary, which are the server\u2019s', async () => {
    const world = new World()
    const type = ' Text/Plain; format=flowed; charset=x-none; boundary=b'
    const { id } = await created(world, { textBody: [{ partId: '1', 'header:Content-Type': type }], bodyValues })
    const { list } = await world.call('Email/get', {
      ids: [id],
      properties: ['bodyStructure', 'bodyValues'],
      bodyProperties: ['type', 'charset', 'header:Content-Type'],
      fetchAllBodyValues: true,
    })
    expect(list[0].bodyStructure).toMatchObject({ type: 'text/plain', charset: 'utf-8' })
    expect(list[0].bodyStructure['header:Content-Type']).toMatch(/format=flowed/)
    expect(list[0].bodyStructure['header:Content-Type']).not.toMatch(/boundary|x-none/)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['type and Content-Type', { type: 'text/plain', 'header:Content-Type': ' text/plain' }, 'header:Content-Type'],
    [
      'disposition and Content-Disposition',
      { disposition: 'inline', 'header:content-disposition': ' inline' },
      'header:content-disposition',
    ],
    [
      'name and Content-Disposition',
      { name: 'a', 'header:Content-Disposition': ' inline' },
      'header:Content-Disposition',
    ],
    ['cid and Content-ID', { cid: 'a@b', 'header:Content-ID:asMessageIds': ['a@b'] }, 'header:Content-ID:asMessageIds'],
    ['language and Content-Language', { language: ['en'], 'header:Content-Language': 'en' }, 'header:Content-Language'],
    [
      'location and Content-Location',
      { location: 'http://a.example', 'header:Content-Location': ' x' },
      'header:Content-Location',
    ],
    [
      'Content-Transfer-Encoding',
      { 'header:Content-Transfer-Encoding': ' base64' },
      'header:Content-Transfer-Encoding',
    ],
  ])('invalidProperties for %s: one field twice, or the server\u2019s own', async (_, part, property) => {
    const error = await refused({ bodyStructure: { partId: '1', ...part }, bodyValues })
    expect(error).toMatchObject({ type: 'invalidProperties', properties: [`bodyStructure/${property}`] })
  })

  it.each(['Content-Type', 'Content-Language', 'content-anything', 'Content-Transfer-Encoding'])(
    'invalidProperties for %s on the email itself',
    async (field) => {
      expect(await refused({ [`header:${field}`]: ' x' })).toMatchObject({ properties: [`header:${field}`] })
    },
  )
})

const call = (name: string, args: object, id: string): unknown[] => [name, { accountId: 'a1', ...args }, id]

describe('what a part is made of (RFC 8621 §4.6)', () => {
  it('types may be in any case', async () => {
    const world = new World()
    const { id } = await created(world, {
      bodyStructure: { type: 'Multipart/Mixed', subParts: [{ type: 'TEXT/plain', partId: '1' }] },
      bodyValues: { '1': { value: 'x' } },
    })
    const { list } = await world.call('Email/get', {
      ids: [id],
      properties: ['bodyStructure'],
      bodyProperties: ['type'],
    })
    expect(list[0].bodyStructure).toMatchObject({ type: 'multipart/mixed', subParts: [{ type: 'text/plain' }] })
  })

  it('a blobId may come with its size, which is ignored, and with a charset', async () => {
    const world = new World()
    const blobId = await upload(world, 'caf\u00e9', 'text/plain')
    const { id } = await created(world, { bodyStructure: { blobId, size: 1, type: 'text/plain', charset: 'utf-8' } })
    const { list } = await world.call('Email/get', { ids: [id], fetchTextBodyValues: true })
    expect(list[0].textBody[0]).toMatchObject({ charset: 'utf-8' })
    expect(Object.values<Answer>(list[0].bodyValues)[0].value.trim()).toBe('café')
  })

  it('a whole message and a part of one are blobs too', async () => {
    const world = new World()
    const original = world.deliver(simpleMessage)
    const [source] = (await world.call('Email/get', { ids: [original], properties: ['blobId', 'textBody'] })).list
    const { id } = await created(world, {
      attachments: [
        { blobId: source.blobId, type: 'message/rfc822' },
        { blobId: source.textBody[0].blobId, type: 'text/plain' },
      ],
    })
    const [email] = (await world.call('Email/get', { ids: [id], properties: ['attachments'] })).list
    const nested = await world.call('Email/parse', { blobIds: [email.attachments[0].blobId], properties: ['subject'] })
    expect(Object.values(nested.parsed)).toEqual([{ subject: 'Hello' }])
  })

  it('a blob made in the same request is named by its creation id (RFC 9404 §4.1)', async () => {
    const world = new World()
    const mailboxIds = { [world.mailbox('drafts')]: true }
    const message = { 'data:asText': 'Subject: inner\r\n\r\nx' }
    const { body } = await world.post(
      JSON.stringify({
        using: [...using, 'urn:ietf:params:jmap:blob'],
        methodCalls: [
          call('Blob/upload', { create: { b: { data: [message], type: 'message/rfc822' } } }, '0'),
          call('Email/set', { create: { k: { mailboxIds, attachments: [{ blobId: '#b' }, { blobId: '#c' }] } } }, '1'),
          call('Email/set', { create: { k: { mailboxIds, attachments: [{ blobId: '#b' }] } } }, '2'),
          call('Email/import', { emails: { i: { blobId: '#b', mailboxIds }, j: { blobId: '#c', mailboxIds } } }, '3'),
          call('Email/parse', { blobIds: ['#b', '#c'], properties: ['subject'] }, '4'),
        ],
      }),
    )
    const [, [, missing], [, made], [, imported], [, parsed]] = body.methodResponses
    expect(missing.notCreated.k).toEqual({ type: 'blobNotFound', notFound: ['#c'] })
    expect(made.created.k).toHaveProperty('id')
    expect(imported).toMatchObject({ created: { i: {} }, notCreated: { j: { type: 'invalidProperties' } } })
    expect(parsed).toMatchObject({ parsed: { '#b': { subject: 'inner' } }, notFound: ['#c'] })
  })

  it('a body value may serve two parts, and one that no part names is left out', async () => {
    const world = new World()
    const { id } = await created(world, {
      bodyStructure: { type: 'multipart/mixed', subParts: [{ partId: '1' }, { partId: '1' }] },
      bodyValues: { '1': { value: 'twice' }, '2': { value: 'never' } },
    })
    expect(rawOf(world, id).match(/twice/g)).toHaveLength(2)
    expect(rawOf(world, id)).not.toContain('never')
  })

  it.each([
    ['long lines', 'x'.repeat(2000)],
    ['lines that begin with From and dots', 'From me\n.\n..\nTo you'],
    ['spaces at line ends', 'a  \nb\t\n'],
    ['any script', 'Grüße 日本 🎉'],
    ['all of ASCII', Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).join(' ')],
    ['what looks like a boundary', '--=_id1_1\n--=_id1_1--'],
    ['nothing', ''],
  ])('a text with %s comes back as it was', async (_, value) => {
    const world = new World()
    const html = value.replaceAll('<', '&lt;')
    const { id } = await created(world, {
      textBody: [{ partId: 't' }],
      htmlBody: [{ partId: 'h' }],
      bodyValues: { t: { value }, h: { value: html } },
    })
    const { list } = await world.call('Email/get', { ids: [id], fetchAllBodyValues: true })
    const shown = (part: Answer): string => list[0].bodyValues[part.partId].value.replace(/\n$/, '')
    expect(shown(list[0].textBody[0])).toBe(value.replace(/\n$/, ''))
    expect(shown(list[0].htmlBody[0])).toBe(html.replace(/\n$/, ''))
    for (const line of rawOf(world, id).split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
  })
})

describe('keywords and mailboxes (RFC 8621 §4.1.1, §4.6)', () => {
  it('takes every character that a keyword may have, and shows it in lower case', async () => {
    const world = new World()
    const all = Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).filter(
      (char) => !'(){]%*"\\'.includes(char),
    )
    const keyword = all.join('')
    const longest = 'K'.repeat(255)
    const { id } = await created(world, { keywords: { [keyword]: true, [longest]: true } })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords'] })
    expect(list[0].keywords).toEqual({ [keyword.toLowerCase()]: true, [longest.toLowerCase()]: true })
  })

  it.each(['(', ')', '{', ']', '%', '*', '"', '\\', ' ', '\u007f', '\n', 'é', 'x'.repeat(255)])(
    'refuses a keyword with %j',
    async (char) => {
      const keyword = `a${char}`
      expect(await refused({ keywords: { [keyword]: true } })).toMatchObject({
        type: 'invalidProperties',
        properties: ['keywords'],
      })
    },
  )

  it.each(['$draft', '$seen', '$flagged', '$answered', '$forwarded', '$phishing', '$junk', '$notjunk', '$mdnsent'])(
    '%s is set, found, taken away',
    async (keyword) => {
      const world = new World()
      const id = world.deliver(simpleMessage)
      await world.call('Email/set', { update: { [id]: { [`keywords/${keyword}`]: true } } })
      expect((await world.call('Email/query', { filter: { hasKeyword: keyword } })).ids).toEqual([id])
      await world.call('Email/set', { update: { [id]: { [`keywords/${keyword}`]: null } } })
      expect((await world.call('Email/query', { filter: { notKeyword: keyword } })).ids).toEqual([id])
    },
  )

  it('a keyword in the form of IMAP is no keyword', async () => {
    expect(await refused({ keywords: { '\\Seen': true } })).toMatchObject({ properties: ['keywords'] })
  })

  it.each(['create', 'update'])('tooManyKeywords and tooManyMailboxes on %s', async (what) => {
    const world = new World({}, { limits: { maxKeywordsPerEmail: 2, maxMailboxesPerEmail: 2 } })
    const id = world.deliver(simpleMessage)
    const keywords = { a: true, b: true, c: true }
    const mailboxIds = Object.fromEntries(
      (['inbox', 'sent', 'trash'] as const).map((role) => [world.mailbox(role), true]),
    )
    const errors: unknown[] = []
    for (const change of [{ keywords }, { mailboxIds }]) {
      const whole = { mailboxIds: { [world.mailbox('inbox')]: true }, ...change }
      const args = what === 'create' ? { create: { k: whole } } : { update: { [id]: change } }
      const answer = await world.call('Email/set', args)
      errors.push((answer.notCreated?.k ?? answer.notUpdated[id]).type)
    }
    expect(errors).toEqual(['tooManyKeywords', 'tooManyMailboxes'])
  })

  it('an email may be in several mailboxes, and leaves all when it is destroyed', async () => {
    const world = new World()
    const mailboxIds = { [world.mailbox('drafts')]: true, [world.mailbox('archive')]: true }
    const { id } = await created(world, { mailboxIds })
    expect((await world.call('Email/get', { ids: [id], properties: ['mailboxIds'] })).list[0].mailboxIds).toEqual(
      mailboxIds,
    )
    await world.call('Email/set', { destroy: [id] })
    const { list } = await world.call('Mailbox/get', { ids: Object.keys(mailboxIds), properties: ['totalEmails'] })
    expect(list.map(({ totalEmails }: Answer) => totalEmails)).toEqual([0, 0])
  })

  it('the id stays when an email moves (§2)', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const { threadId, blobId } = (await world.call('Email/get', { ids: [id] })).list[0]
    await world.call('Email/set', { update: { [id]: { mailboxIds: { [world.mailbox('trash')]: true } } } })
    expect((await world.call('Email/get', { ids: [id] })).list[0]).toMatchObject({ id, threadId, blobId })
  })

  it('tooLarge above the largest message there may be', async () => {
    const world = new World({ maxSizeEmail: 1000 })
    const email = { textBody: [{ partId: '1' }], bodyValues: { '1': { value: 'x '.repeat(600) } } }
    expect(await refused(email, world)).toMatchObject({ type: 'tooLarge', maxSize: 1000 })
  })
})

async function header(world: World, email: Record<string, unknown>, properties: string[]): Promise<Answer> {
  const { id } = await created(world, email)
  return (await world.call('Email/get', { ids: [id], properties })).list[0]
}

describe('header fields of a draft (RFC 8621 §4.6)', () => {
  it.each<[string, unknown]>([
    ['to', []],
    ['cc', []],
    ['bcc', []],
    ['replyTo', []],
    ['references', []],
    ['inReplyTo', []],
    ['header:List-Post:asURLs', []],
    ['header:To:asGroupedAddresses', []],
    ['header:X-Many:asText:all', []],
    ['header:X-None:asText', null],
  ])('%s %j makes no field: RFC 5322 §3.6.3 wants a member', async (property, value) => {
    const world = new World()
    const shown = await header(world, { [property]: value }, [property, 'headers'])
    expect(shown[property] ?? []).toEqual([])
    expect(shown.headers.map(({ name }: Answer) => name)).toEqual([
      'Message-ID',
      'Date',
      'MIME-Version',
      'Content-Type',
    ])
  })

  it('an empty messageId is generated all the same', async () => {
    const { messageId } = await header(new World(), { messageId: [] }, ['messageId'])
    expect(messageId).toEqual([expect.stringMatching(/@/)])
  })

  it.each([
    ['a local part in UTF-8 (RFC 6532)', { name: 'Zoë', email: 'zoë@bücher.example' }],
    ['a name without an address yet', { name: 'Bob', email: '' }],
    ['half an address', { name: null, email: 'bob@' }],
    ['a quoted local part', { name: null, email: '"a b"@x.example' }],
    ['a name with every special', { name: 'a, "b" <c> (d); \\e:', email: 'x@y.example' }],
    ['a very long name', { name: 'Ünïcode '.repeat(60).trim(), email: 'x@y.example' }],
  ])('takes %s', async (_, address) => {
    expect((await header(new World(), { to: [address] }, ['to'])).to).toEqual([address])
  })

  it('a domain in UTF-8 alone needs no SMTPUTF8: it has A-labels (RFC 5891)', async () => {
    const { to } = await header(new World(), { to: [{ email: 'info@bücher.example' }] }, ['to'])
    expect(to).toEqual([{ name: null, email: 'info@xn--bcher-kva.example' }])
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['neither name nor address', { cc: [{ email: '' }] }, 'cc'],
    ['an address that no line can hold', { cc: [{ email: `${'x'.repeat(1000)}@x.example` }] }, 'cc'],
    ['a message id that no line can hold', { references: [`${'x'.repeat(1000)}@x.example`] }, 'references'],
    ['a raw line that is too long', { 'header:X-Raw': ` ${'x'.repeat(1000)}` }, 'header:X-Raw'],
  ])('invalidProperties names the property with %s', async (_, email, property) => {
    expect(await refused(email)).toMatchObject({ type: 'invalidProperties', properties: [property] })
  })
})
