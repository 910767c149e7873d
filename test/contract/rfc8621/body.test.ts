import { describe, expect, it } from 'vitest'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

/** The structure of the example in RFC 8621 §4.1.4. */
const listMessage = `From: list@example.com
To: alice@facteur.test
Subject: Decomposed
Date: Mon, 23 Nov 2026 10:00:00 +0000
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: text/plain
Content-Disposition: inline

A
--o
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: multipart/mixed; boundary=t

--t
Content-Type: text/plain
Content-Disposition: inline

B
--t
Content-Type: image/jpeg; name=C.jpg
Content-Disposition: inline
Content-Transfer-Encoding: base64

AAAA
--t
Content-Type: text/plain
Content-Disposition: inline

D
--t--
--a
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html

<b>E</b>
--r
Content-Type: image/jpeg; name=F.jpg
Content-ID: <f@x>
Content-Transfer-Encoding: base64

BBBB
--r--
--a--
--m
Content-Type: image/jpeg
Content-Disposition: attachment; filename*=utf-8''%C3%A9t%C3%A9.jpg
Content-Transfer-Encoding: base64

CCCC
--m
Content-Type: application/x-excel
Content-Location: http://example.com/h

H
--m
Content-Type: message/rfc822

Subject: inner

J
--m--
--o
Content-Type: text/plain
Content-Disposition: inline
Content-Language: en, fr

K
--o--
`

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

describe('header forms (RFC 8621 §4.1.2)', () => {
  const message = `Received: from x by y; Mon, 23 Nov 2026 10:00:00 +0000
From: "  James Smythe" <james@example.com>, Friends:
 jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=
 <john@example.com>;
To: first@example.com
To: last@example.com
Subject: =?utf-8?q?Caf=C3=A9?= au
 lait
Date: Tue, 1 Jul 2003 10:52:37 +0200
Message-ID: <1234@local.machine.example> (comment)
In-Reply-To: <a@b>
 <c@d>
References: nonsense
List-Post: (moderated) <mailto:partytime@lists.example.com>, <http://x.example/a
 b>
X-Raw: \tfolded
 value
X-Latin: caf\u00e9

body
`

  async function header(property: string): Promise<Answer> {
    const world = new World()
    const id = world.deliver(message)
    return (await one(world, id, { properties: [property] }))[property]
  }

  it.each<[string, unknown]>([
    ['header:X-Raw', ' \tfolded\r\n value'],
    ['header:x-raw:asRaw', ' \tfolded\r\n value'],
    ['header:X-Latin', ' café'],
    ['header:X-Raw:asText', 'folded value'],
    ['header:Subject:asText', 'Café au lait'],
    ['subject', 'Café au lait'],
    ['header:To', ' last@example.com'],
    ['header:To:all', [' first@example.com', ' last@example.com']],
    ['header:To:asAddresses', [{ name: null, email: 'last@example.com' }]],
    [
      'header:To:asAddresses:all',
      [[{ name: null, email: 'first@example.com' }], [{ name: null, email: 'last@example.com' }]],
    ],
    ['to', [{ name: null, email: 'last@example.com' }]],
    [
      'header:From:asAddresses',
      [
        { name: 'James Smythe', email: 'james@example.com' },
        { name: null, email: 'jane@example.com' },
        { name: 'John Smîth', email: 'john@example.com' },
      ],
    ],
    [
      'from',
      [
        { name: 'James Smythe', email: 'james@example.com' },
        { name: null, email: 'jane@example.com' },
        { name: 'John Smîth', email: 'john@example.com' },
      ],
    ],
    [
      'header:From:asGroupedAddresses',
      [
        { name: null, addresses: [{ name: 'James Smythe', email: 'james@example.com' }] },
        {
          name: 'Friends',
          addresses: [
            { name: null, email: 'jane@example.com' },
            { name: 'John Smîth', email: 'john@example.com' },
          ],
        },
      ],
    ],
    ['header:Message-ID:asMessageIds', ['1234@local.machine.example']],
    ['messageId', ['1234@local.machine.example']],
    ['inReplyTo', ['a@b', 'c@d']],
    ['references', null],
    ['header:Date:asDate', '2003-07-01T10:52:37+02:00'],
    ['sentAt', '2003-07-01T10:52:37+02:00'],
    ['header:X-Raw:asDate', null],
    ['header:List-Post:asURLs', ['mailto:partytime@lists.example.com', 'http://x.example/ab']],
    ['header:LIST-POST:asURLs', ['mailto:partytime@lists.example.com', 'http://x.example/ab']],
    ['header:X-Raw:asURLs', null],
    ['header:X-None', null],
    ['header:X-None:asAddresses', null],
    ['header:X-None:all', []],
    ['cc', null],
    ['sender', null],
  ])('%s', async (property, value) => {
    expect(await header(property)).toEqual(value)
  })

  it('gives all fields in order with their capitals (§4.1.3)', async () => {
    const headers = await header('headers')
    expect(headers.slice(0, 2).map((field: { name: string }) => field.name)).toEqual(['Received', 'From'])
    expect(headers.at(-1)).toEqual({ name: 'X-Latin', value: ' café' })
  })

  it.each([
    'header:From:asDate',
    'header:Subject:asAddresses',
    'header:Date:asText',
    'header:Received:asText',
    'header:List-Post:asText',
    'header:X:asNonsense',
    'header:X:asaddresses',
    'header:X:all:asText',
    'header:X:asText:all:all',
    'header:X:every',
    'header:',
    'header::asText',
    'header:X Y',
    'header:Ä',
    'header',
    'Subject',
    'constructor',
  ])('invalidArguments for %s (§4.2)', async (property) => {
    const world = new World()
    expect((await world.refusal('Email/get', { ids: [], properties: [property] })).type).toBe('invalidArguments')
    expect((await world.refusal('Email/get', { ids: [], bodyProperties: [property] })).type).toBe('invalidArguments')
    expect((await world.refusal('Email/parse', { blobIds: [], properties: [property] })).type).toBe('invalidArguments')
  })
})

describe('body parts (RFC 8621 §4.1.4)', () => {
  it('decomposes the example into text, HTML and attachments', async () => {
    const world = new World()
    const email = await one(world, world.deliver(listMessage), {
      properties: ['textBody', 'htmlBody', 'attachments', 'bodyValues', 'hasAttachment'],
      bodyProperties: ['partId', 'type', 'name'],
      fetchAllBodyValues: true,
    })
    const show = (parts: Answer[]) =>
      parts.map((part) =>
        part.type.startsWith('text/') ? email.bodyValues[part.partId].value.trim() : (part.name ?? part.type),
      )
    expect(show(email.textBody)).toEqual(['A', 'B', 'C.jpg', 'D', 'K'])
    expect(show(email.htmlBody)).toEqual(['A', '<b>E</b>', 'K'])
    expect(show(email.attachments)).toEqual(['C.jpg', 'F.jpg', 'été.jpg', 'application/x-excel', 'message/rfc822'])
    expect(email.hasAttachment).toBe(true)
    expect(Object.keys(email.bodyValues)).toHaveLength(5)
  })

  it('gives the whole structure, children always, properties as asked', async () => {
    const world = new World()
    const { bodyStructure } = await one(world, world.deliver(listMessage), {
      properties: ['bodyStructure'],
      bodyProperties: ['partId', 'blobId', 'type', 'disposition', 'cid', 'language', 'location', 'header:Content-Type'],
    })
    expect(bodyStructure).toMatchObject({
      partId: null,
      blobId: null,
      type: 'multipart/mixed',
      'header:Content-Type': ' multipart/mixed; boundary=o',
    })
    const [a, mixed, k] = bodyStructure.subParts
    expect(a).not.toHaveProperty('subParts')
    expect(a).toMatchObject({ disposition: 'inline', type: 'text/plain' })
    expect(mixed.subParts.map((part: Answer) => part.type)).toEqual([
      'multipart/alternative',
      'image/jpeg',
      'application/x-excel',
      'message/rfc822',
    ])
    expect(mixed.subParts[0].subParts[1].subParts[1].cid).toBe('f@x')
    expect(mixed.subParts[2].location).toBe('http://example.com/h')
    expect(k.language).toEqual(['en', 'fr'])
  })

  it('names every part by a blob that can be downloaded', async () => {
    const world = new World()
    const { attachments } = await one(world, world.deliver(listMessage), { properties: ['attachments'] })
    expect(await world.jmap.download('a1', attachments[2].blobId)).toMatchObject({ type: 'image/jpeg', size: 3 })
    expect(attachments[2]).toMatchObject({ size: 3, name: 'été.jpg', charset: null, disposition: 'attachment' })
  })

  it('fetches the values asked for and no others', async () => {
    const world = new World()
    const id = world.deliver(listMessage)
    const values = async (args: object) =>
      Object.values<Answer>((await one(world, id, { properties: ['bodyValues'], ...args })).bodyValues)
        .map(({ value }): string => value.trim())
        .toSorted()
    expect(await values({})).toEqual([])
    expect(await values({ fetchTextBodyValues: true })).toEqual(['A', 'B', 'D', 'K'])
    expect(await values({ fetchHTMLBodyValues: true })).toEqual(['<b>E</b>', 'A', 'K'])
  })

  it('normalises line ends and tells broken encodings', async () => {
    const world = new World()
    const id = world.deliver(
      'From: b@example.com\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\none\ntwo =FF\n',
    )
    const { bodyValues } = await one(world, id, { properties: ['bodyValues'], fetchAllBodyValues: true })
    expect(bodyValues['0']).toEqual({ value: 'one\ntwo \ufffd\n', isEncodingProblem: true, isTruncated: false })
  })

  it.each([
    ['text/plain', 'häuser', 2, 'h'],
    ['text/plain', 'häuser', 3, 'hä'],
    ['text/plain', 'a😀b', 4, 'a'],
    ['text/plain', 'a😀b', 5, 'a😀'],
    ['text/html', 'see <a href="x">here</a>', 10, 'see '],
    ['text/html', 'see <a href="x">here</a>', 17, 'see <a href="x">h'],
  ])('truncates %s %j to %d octets', async (type, text, maxBodyValueBytes, value) => {
    const world = new World()
    const id = world.deliver(
      `From: b@example.com\nContent-Type: ${type}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${text}`,
    )
    const { bodyValues } = await one(world, id, {
      properties: ['bodyValues'],
      fetchAllBodyValues: true,
      maxBodyValueBytes,
    })
    expect(bodyValues['0']).toEqual({ value, isEncodingProblem: false, isTruncated: true })
  })

  it('bounds the text of one answer', async () => {
    const world = new World({ maxSizeBodyValues: 20 })
    const id = world.deliver(simpleMessage)
    const ids = [id, world.deliver(simpleMessage)]
    expect((await world.refusal('Email/get', { ids, fetchTextBodyValues: true })).type).toBe('requestTooLarge')
    expect(
      (await world.call('Email/get', { ids: [id], fetchTextBodyValues: true, maxBodyValueBytes: 9 })).list,
    ).toHaveLength(1)
  })

  it.each([
    { fetchTextBodyValues: 'yes' },
    { fetchHTMLBodyValues: null },
    { fetchAllBodyValues: 1 },
    { maxBodyValueBytes: -1 },
    { bodyProperties: 'partId' },
  ])('invalidArguments for %j', async (args) => {
    expect((await new World().refusal('Email/get', { ids: [], ...args })).type).toBe('invalidArguments')
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
    expect((await world.jmap.download('a1', parsed.attachments[2].blobId))?.bytes).toHaveLength(3)
    const nested = await world.call('Email/parse', {
      blobIds: [parsed.attachments.at(-1).blobId],
      properties: ['subject'],
    })
    expect(Object.values(nested.parsed)).toEqual([{ subject: 'inner' }])
  })
})

describe('Thread/get and Thread/changes (RFC 8621 §3)', () => {
  it('lists the emails of a thread by arrival', async () => {
    const world = new World()
    const reply = simpleMessage
      .replace('Subject: ', 'Subject: Re: ')
      .replace('<m1@', '<m2@')
      .replace('\n\n', '\nIn-Reply-To: <m1@example.com>\n\n')
    const late = world.deliver(simpleMessage, { receivedAt: 2000 })
    const early = world.deliver(reply, { receivedAt: 1000 })
    const { state } = await world.call('Thread/get', { ids: [] })
    const other = world.deliver('From: c@example.com\nSubject: Other\n\nx\n')
    const { threadId } = await one(world, late, { properties: ['threadId'] })
    expect(await world.call('Thread/get', { ids: [threadId, 'T999'] })).toMatchObject({
      list: [{ id: threadId, emailIds: [early, late] }],
      notFound: ['T999'],
    })
    await world.call('Email/set', { destroy: [early] })
    const changes = await world.call('Thread/changes', { sinceState: state })
    expect(changes).toMatchObject({ updated: [threadId], destroyed: [] })
    expect(changes.created).toEqual([(await one(world, other, { properties: ['threadId'] })).threadId])
  })
})
