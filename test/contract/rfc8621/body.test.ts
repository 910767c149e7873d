import { describe, expect, it } from 'vitest'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'
import { listMessage } from './list-message.ts'

async function one(world: World, id: string, args: Record<string, unknown>): Promise<Answer> {
  const { list } = await world.call('Email/get', { ids: [id], ...args })
  return list[0]
}

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
    // What stands in place of the octet, a replacement character or a guess, is the server's choice.
    expect(bodyValues['0']).toEqual({
      value: expect.stringMatching(/^one\ntwo [^ ]\n$/),
      isEncodingProblem: true,
      isTruncated: false,
    })
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

/** The only part of a message with these fields. */
async function part(fields: string, body = 'text', bodyProperties?: string[]): Promise<Answer> {
  const world = new World()
  const id = world.deliver(`From: b@example.com\n${fields}\n${body}`)
  const args = { properties: ['bodyStructure'], ...(bodyProperties === undefined ? {} : { bodyProperties }) }
  return (await one(world, id, args)).bodyStructure
}

describe('the properties of a part (RFC 8621 §4.1.4)', () => {
  it('has the default ones when none are named, and subParts in a structure (§4.2)', async () => {
    expect(await part('')).toEqual({
      partId: '0',
      blobId: expect.any(String),
      size: 4,
      name: null,
      type: 'text/plain',
      charset: 'us-ascii',
      disposition: null,
      cid: null,
      language: null,
      location: null,
    })
  })

  it('has every one there is, when named', async () => {
    const fields = `Content-Type: text/html (a comment); charset=ISO-8859-1; name="x.html"
Content-Disposition: INLINE; filename="y.html"
Content-ID: (comment) < part1@example.com > (comment)
Content-Language: en, de (Swiss)
Content-Location: http://example.com/
 folder/page
Content-Transfer-Encoding: base64
`
    const standard = [
      'partId',
      'blobId',
      'size',
      'name',
      'type',
      'charset',
      'disposition',
      'cid',
      'language',
      'location',
    ]
    const bodyProperties = [
      ...standard,
      'subParts',
      'headers',
      'header:Content-Language',
      'header:content-id:asMessageIds:all',
    ]
    expect(await part(fields, 'PGI+aGk8L2I+\n', bodyProperties)).toEqual({
      partId: '0',
      blobId: expect.any(String),
      size: 9,
      name: 'y.html',
      type: 'text/html',
      charset: 'ISO-8859-1',
      disposition: 'inline',
      cid: 'part1@example.com',
      language: ['en', 'de'],
      location: 'http://example.com/folder/page',
      subParts: null,
      headers: [
        { name: 'From', value: ' b@example.com' },
        { name: 'Content-Type', value: ' text/html (a comment); charset=ISO-8859-1; name="x.html"' },
        { name: 'Content-Disposition', value: ' INLINE; filename="y.html"' },
        { name: 'Content-ID', value: ' (comment) < part1@example.com > (comment)' },
        { name: 'Content-Language', value: ' en, de (Swiss)' },
        { name: 'Content-Location', value: ' http://example.com/\r\n folder/page' },
        { name: 'Content-Transfer-Encoding', value: ' base64' },
      ],
      'header:Content-Language': ' en, de (Swiss)',
      'header:content-id:asMessageIds:all': [['part1@example.com']],
    })
  })

  it.each([
    [
      'the filename',
      'Content-Disposition: attachment; filename=a.pdf\nContent-Type: application/pdf; name=b.pdf',
      'a.pdf',
    ],
    ['else the name', 'Content-Disposition: attachment\nContent-Type: application/pdf; name=b.pdf', 'b.pdf'],
    ['RFC 2231 decoded', "Content-Disposition: attachment; filename*=iso-8859-1'fr'%E9t%E9.pdf", 'été.pdf'],
    [
      'RFC 2231 continued',
      'Content-Disposition: attachment; filename*0*=utf-8\'\'%C3%A9; filename*1="t.pdf"',
      'ét.pdf',
    ],
    ['RFC 2047 decoded', 'Content-Type: application/pdf; name="=?utf-8?q?=C3=A9t=C3=A9.pdf?="', 'été.pdf'],
    ['null without either', 'Content-Type: application/pdf', null],
  ])('name is %s', async (_, fields, name) => {
    expect((await part(`${fields}\n`)).name).toBe(name)
  })

  it.each([
    ['us-ascii without Content-Type', '', 'us-ascii'],
    ['us-ascii for text that says none', 'Content-Type: text/html\n', 'us-ascii'],
    ['what the field says', 'Content-Type: text/plain; charset="koi8-r"\n', 'koi8-r'],
    ['what the field says of another type', 'Content-Type: application/xml; charset=utf-8\n', 'utf-8'],
    ['null for another type that says none', 'Content-Type: image/png\n', null],
  ])('charset is %s', async (_, fields, charset) => {
    expect((await part(fields)).charset).toBe(charset)
  })

  it.each([
    ['text/plain without Content-Type', '', 'text/plain'],
    ['in lower case', 'Content-Type: TEXT/HTML\n', 'text/html'],
    ['without parameters and comments', 'Content-Type: (c) image/png (d); x=y\n', 'image/png'],
    ['text/plain for what is malformed', 'Content-Type: nonsense\n', 'text/plain'],
  ])('type is %s', async (_, fields, type) => {
    expect((await part(fields)).type).toBe(type)
  })

  it('type is message/rfc822 within multipart/digest', async () => {
    const { type, subParts } = await part(
      'Content-Type: multipart/digest; boundary=d\n',
      '--d\n\nSubject: one\n\n1\n--d\nContent-Type: text/plain\n\n2\n--d--\n',
    )
    expect(type).toBe('multipart/digest')
    expect(subParts.map((child: Answer) => child.type)).toEqual(['message/rfc822', 'text/plain'])
  })

  it('partId and blobId are null if, and only if, the type is multipart/*; subParts likewise', async () => {
    const world = new World()
    const bodyProperties = ['partId', 'blobId', 'type', 'size', 'subParts']
    const { bodyStructure } = await one(world, world.deliver(listMessage), {
      properties: ['bodyStructure'],
      bodyProperties,
    })
    const partIds: string[] = []
    const check = (node: Answer): void => {
      const isMultipart = node.type.startsWith('multipart/')
      expect([node.partId === null, node.blobId === null, node.subParts !== null]).toEqual(Array(3).fill(isMultipart))
      if (!isMultipart) partIds.push(node.partId)
      for (const child of node.subParts ?? []) check(child)
    }
    check(bodyStructure)
    expect(new Set(partIds).size).toBe(10)
  })

  it('size is that of the decoded octets, which the blob has', async () => {
    const world = new World()
    const fields =
      'From: b@example.com\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8'
    const id = world.deliver(`${fields}\n\nGr=C3=BC=\n=C3=9Fe\n`)
    const { textBody } = await one(world, id, { properties: ['textBody'] })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['bodyValues'], fetchTextBodyValues: true })
    expect(list[0].bodyValues['0'].value).toBe('Grüße\n')
    expect(textBody[0].size).toBe(new TextEncoder().encode('Grüße\r\n').length)
  })

  it('an unknown transfer encoding is no encoding, and a problem of the value', async () => {
    const world = new World()
    const id = world.deliver('From: b@example.com\nContent-Transfer-Encoding: x-strange\n\na=41\n')
    const email = await one(world, id, { properties: ['textBody', 'bodyValues'], fetchTextBodyValues: true })
    expect(email.textBody[0].size).toBe(6)
    expect(email.bodyValues['0']).toEqual({ value: 'a=41\n', isEncodingProblem: true, isTruncated: false })
  })

  it.each([
    ['a charset that is unknown', 'text/plain; charset=x-klingon', 'abc', 'abc', true],
    ['a charset of one octet', 'text/plain; charset=iso-8859-1', 'caf=E9', 'café', false],
    ['a charset of several', 'text/plain; charset=shift_jis', '=93=FA=96{', '日本', false],
    ['a charset named in HTML alone', 'text/html', '<meta charset=koi8-r>=C4=C1', '<meta charset=koi8-r>да', false],
    ['CRLF as LF, a lone CR kept', 'text/plain', 'a=0D=0Ab=0Dc', 'a\nb\rc', false],
  ])('bodyValues decodes %s', async (_, type, body, value, isEncodingProblem) => {
    const world = new World()
    const id = world.deliver(
      `From: b@example.com\nContent-Type: ${type}\nContent-Transfer-Encoding: quoted-printable\n\n${body}`,
    )
    const { bodyValues } = await one(world, id, { properties: ['bodyValues'], fetchAllBodyValues: true })
    expect(bodyValues).toEqual({ '0': { value, isEncodingProblem, isTruncated: false } })
  })

  it('bodyValues has text/* parts only, whatever is asked for', async () => {
    const world = new World()
    const body = '--b\nContent-Type: text/calendar\n\ncal\n--b\nContent-Type: image/png\n\npng\n--b\n\nplain\n--b--\n'
    const id = world.deliver(`From: b@example.com\nContent-Type: multipart/mixed; boundary=b\n\n${body}`)
    const values = async (args: object): Promise<string[]> =>
      Object.values<Answer>((await one(world, id, { properties: ['bodyValues'], ...args })).bodyValues).map(
        (it) => it.value,
      )
    expect(await values({ fetchAllBodyValues: true })).toEqual(['cal', 'plain'])
    expect(await values({ fetchTextBodyValues: true, fetchHTMLBodyValues: true })).toEqual(['plain'])
  })

  it('maxBodyValueBytes 0 truncates nothing; a value of that size is whole (§4.2)', async () => {
    const world = new World()
    const id = world.deliver('From: b@example.com\nContent-Type: text/plain; charset=utf-8\n\nñandú')
    for (const maxBodyValueBytes of [0, 7, 8]) {
      const { bodyValues } = await one(world, id, {
        properties: ['bodyValues'],
        fetchAllBodyValues: true,
        maxBodyValueBytes,
      })
      expect(bodyValues['0']).toMatchObject({ value: 'ñandú', isTruncated: false })
    }
  })
})

describe('a message that is none by the letter (RFC 8621 §4.1.4)', () => {
  it.each<[string, string, string, string[]]>([
    ['no header and no empty line', 'hello\nworld\n', 'hello\nworld\n', []],
    ['nothing but trace fields before it', 'Received: from a by b;\n Mon\nhello\nworld', 'hello\nworld', ['Received']],
    ['a header and nothing else', 'Subject: x\n', '', ['Subject']],
    ['a header without its line end', 'Subject: x', '', ['Subject']],
    ['a header and an empty line', 'Subject: x\n\n', '', ['Subject']],
    ['a line in the header that is no field', 'Subject: x\nnonsense\nX-Y: z\n\nbody', 'body', ['Subject', 'X-Y']],
    ['an empty line alone', '\n', '', []],
    ['nothing', '', '', []],
  ])('%s', async (_, raw, value, names) => {
    const world = new World()
    const email = await one(world, world.deliver(raw), {
      properties: ['headers', 'bodyValues', 'size', 'blobId', 'preview'],
      fetchTextBodyValues: true,
    })
    expect(email.headers.map(({ name }: Answer) => name)).toEqual(names)
    expect(email.bodyValues).toEqual({ '0': { value, isEncodingProblem: false, isTruncated: false } })
    expect(email.preview).toBe(value.trim().replace('\n', ' '))
    expect(await world.octets(email.blobId)).toHaveLength(email.size)
  })
})

interface Tree {
  readonly type: string
  readonly fields?: string
  readonly of?: readonly Tree[]
}

const leaf = (type: string, fields = ''): Tree => ({ type, fields })

const types = (parts: Answer[]): string[] => parts.map(({ type }) => type.split('/')[1])

describe('which parts are the body, and which attached (RFC 8621 §4.1.4)', () => {
  const multipart = (subtype: string, ...of: Tree[]): Tree => ({ type: `multipart/${subtype}`, of })

  function written(tree: Tree, boundary: string): string {
    if (tree.of === undefined) return `Content-Type: ${tree.type}\n${tree.fields ?? ''}\nx\n`
    const children = tree.of.map((child, index) => `--${boundary}\n${written(child, `${boundary}${index}`)}`)
    return `Content-Type: ${tree.type}; boundary=${boundary}\n\n${children.join('')}--${boundary}--\n`
  }

  const plain = leaf('text/plain')
  const html = leaf('text/html')
  const image = leaf('image/png')
  const pdf = leaf('application/pdf', 'Content-Disposition: attachment; filename=a.pdf\n')
  const named = leaf('text/plain', 'Content-Disposition: inline; filename=log.txt\n')
  const inlineImage = leaf('image/png', 'Content-Disposition: inline\n')

  it.each<[string, Tree, string[], string[], string[], boolean]>([
    ['a text alone', plain, ['plain'], ['plain'], [], false],
    ['an HTML text alone', html, ['html'], ['html'], [], false],
    ['an image alone', image, ['png'], ['png'], [], false],
    ['a file alone', pdf, [], [], ['pdf'], true],
    ['a text with a file', multipart('mixed', plain, pdf), ['plain'], ['plain'], ['pdf'], true],
    ['two alternatives', multipart('alternative', plain, html), ['plain'], ['html'], [], false],
    ['one alternative', multipart('alternative', html), ['html'], ['html'], [], false],
    [
      'a third alternative',
      multipart('alternative', plain, html, leaf('text/calendar')),
      ['plain'],
      ['html'],
      ['calendar'],
      true,
    ],
    ['an image as an alternative', multipart('alternative', plain, image), ['plain'], ['plain'], ['png'], true],
    ['HTML with its image', multipart('related', html, image), ['html'], ['html'], ['png'], true],
    [
      'HTML with its image that has an id',
      multipart('related', html, leaf('image/png', 'Content-ID: <i@x>\n')),
      ['html'],
      ['html'],
      ['png'],
      false,
    ],
    [
      'a text, an image and a text',
      multipart('mixed', plain, inlineImage, plain),
      ['plain', 'png', 'plain'],
      ['plain', 'png', 'plain'],
      [],
      false,
    ],
    ['a named text behind another', multipart('mixed', plain, named), ['plain'], ['plain'], ['plain'], false],
    [
      'a named text in the first place',
      multipart('mixed', named, plain),
      ['plain', 'plain'],
      ['plain', 'plain'],
      [],
      false,
    ],
    [
      'a text that is attached',
      multipart('mixed', plain, leaf('text/plain', 'Content-Disposition: attachment\n')),
      ['plain'],
      ['plain'],
      ['plain'],
      true,
    ],
    [
      'a signed text',
      multipart('signed', plain, leaf('application/pgp-signature')),
      ['plain'],
      ['plain'],
      ['pgp-signature'],
      false,
    ],
    ['a message', multipart('mixed', plain, leaf('message/rfc822')), ['plain'], ['plain'], ['rfc822'], true],
  ])('%s', async (_, tree, textBody, htmlBody, attachments, hasAttachment) => {
    const world = new World()
    const properties = ['textBody', 'htmlBody', 'attachments', 'hasAttachment', 'bodyStructure']
    const bodyProperties = ['type', 'partId', 'subParts']
    const email = await one(world, world.deliver(`From: b@example.com\n${written(tree, 'b')}`), {
      properties,
      bodyProperties,
    })
    expect([types(email.textBody), types(email.htmlBody), types(email.attachments)]).toEqual([
      textBody,
      htmlBody,
      attachments,
    ])
    expect(email.hasAttachment).toBe(hasAttachment)
    expect(
      [...email.textBody, ...email.htmlBody, ...email.attachments].every(({ subParts }) => subParts === null),
    ).toBe(true)
  })

  it('bodyStructure does not look into attached messages', async () => {
    const world = new World()
    const message = 'Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n'
    const { bodyStructure } = await one(world, world.deliver(`From: b@example.com\n${message}`), {
      properties: ['bodyStructure'],
      bodyProperties: ['type', 'subParts'],
    })
    expect(bodyStructure).toEqual({ type: 'message/rfc822', subParts: null })
  })
})

describe('preview (RFC 8621 §4.1.4)', () => {
  it.each([
    ['plain text on one line', 'text/plain', 'Hello,\n\n  how are\tyou?\n', 'Hello, how are you?'],
    [
      'the text of HTML',
      'text/html',
      '<head><title>T</title></head><style>p{}</style><p>Tea &amp; <b>milk</b></p>',
      'Tea & milk',
    ],
    ['what is not quoted', 'text/plain', 'Ann wrote:\n> old\n\nYes.\n', 'Yes.'],
    ['the quote where there is nothing else', 'text/plain', '> old\n', '> old'],
    ['nothing', 'text/plain', '', ''],
  ])('is %s', async (_, type, body, preview) => {
    const world = new World()
    const id = world.deliver(`From: b@example.com\nContent-Type: ${type}\n\n${body}`)
    expect((await one(world, id, { properties: ['preview'] })).preview).toBe(preview)
  })

  it('has at most 256 characters, none of them halved', async () => {
    for (const text of ['word '.repeat(100), '😀'.repeat(300), `x${'😀'.repeat(300)}`]) {
      const world = new World()
      const id = world.deliver(`From: b@example.com\nContent-Type: text/plain; charset=utf-8\n\n${text}`)
      const { preview } = await one(world, id, { properties: ['preview'] })
      expect(preview.length).toBeLessThanOrEqual(256)
      expect(preview.length).toBeGreaterThan(250)
      expect(preview.isWellFormed()).toBe(true)
    }
  })
})
