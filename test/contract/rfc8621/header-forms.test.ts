import { describe, expect, it } from 'vitest'
import { World, type Answer } from '../../access/jmap/world.ts'

async function one(world: World, id: string, args: Record<string, unknown>): Promise<Answer> {
  const { list } = await world.call('Email/get', { ids: [id], ...args })
  return list[0]
}

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

const forms = ['Raw', 'Text', 'Addresses', 'GroupedAddresses', 'MessageIds', 'Date', 'URLs']
const addresses = ['Addresses', 'GroupedAddresses']

/** What each form "may only be fetched or set for" (§4.1.2.2 to §4.1.2.7), by field. */
const allowed: readonly (readonly [field: string, forms: readonly string[]])[] = [
  ...['Subject', 'Comments', 'Keywords'].map((field) => [field, ['Text']] as const),
  ...['From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc'].map((field) => [field, addresses] as const),
  ...['From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc'].map((field) => [`Resent-${field}`, addresses] as const),
  ...['Message-ID', 'In-Reply-To', 'References', 'Resent-Message-ID'].map((field) => [field, ['MessageIds']] as const),
  ...['Date', 'Resent-Date'].map((field) => [field, ['Date']] as const),
  ...['Help', 'Unsubscribe', 'Subscribe', 'Post', 'Owner', 'Archive'].map((it) => [`List-${it}`, ['URLs']] as const),
  ['Return-Path', []],
  ['Received', []],
  ['List-Id', forms],
  ['X-Anything', forms],
]

/** A value that a client may set in each form. */
const values: Readonly<Record<string, unknown>> = {
  Raw: ' <a@example.com>',
  Text: 'some text',
  Addresses: [{ name: 'A', email: 'a@example.com' }],
  GroupedAddresses: [{ name: 'Group', addresses: [{ name: null, email: 'a@example.com' }] }],
  MessageIds: ['a@example.com'],
  Date: '2018-07-10T11:03:11+10:00',
  URLs: ['mailto:a@example.com'],
}

describe('which forms a field may have (RFC 8621 §4.1.2)', () => {
  it.each(allowed)('%s is fetched raw and as %j, singly and :all, and in no other form (§4.2)', async (field, own) => {
    const world = new World()
    for (const form of forms) {
      for (const suffix of ['', ':all']) {
        const [answer] = await world.request([
          'Email/get',
          { ids: [], properties: [`header:${field}:as${form}${suffix}`] },
        ])
        if (form === 'Raw' || own.includes(form)) expect(answer[0]).toBe('Email/get')
        else expect(answer[1]).toMatchObject({ type: 'invalidArguments' })
      }
    }
  })

  it.each(allowed)('%s is set raw and as %j, singly and :all, and in no other form (§4.6)', async (field, own) => {
    const world = new World()
    for (const form of forms) {
      for (const suffix of ['', ':all']) {
        const property = `header:${field}:as${form}${suffix}`
        const value = suffix === '' ? values[form] : [values[form]]
        const k = { mailboxIds: { [world.mailbox('drafts')]: true }, [property]: value }
        const { created, notCreated } = await world.call('Email/set', { create: { k } })
        if (form === 'Raw' || own.includes(form)) {
          expect(await one(world, created.k.id, { properties: [property] })).toMatchObject({ [property]: value })
        } else expect(notCreated.k).toMatchObject({ type: 'invalidProperties', properties: [property] })
      }
    }
  })

  it('the same holds for the parts of the body (§4.1.4)', async () => {
    const world = new World()
    for (const [field, own] of allowed) {
      for (const form of forms) {
        const bodyProperties = [`header:${field}:as${form}`]
        const [answer] = await world.request(['Email/get', { ids: [], bodyProperties }])
        expect(answer[0]).toBe(form === 'Raw' || own.includes(form) ? 'Email/get' : 'error')
      }
    }
  })
})

async function read(field: string, property: string): Promise<Answer> {
  const world = new World()
  const id = world.deliver(`${field}\nX-Last: x\n\nbody\n`)
  return (await one(world, id, { properties: [property] }))[property]
}

describe('how a form is read', () => {
  it.each([
    ['keeps the white space behind the colon', 'X-A:  b ', '  b '],
    ['keeps folds', 'X-A: b\n\tc', ' b\r\n\tc'],
    ['leaves encoded words as they are', 'X-A: =?utf-8?q?caf=C3=A9?=', ' =?utf-8?q?caf=C3=A9?='],
    ['reads UTF-8 (RFC 6532)', 'X-A: café 日本', ' café 日本'],
    ['drops NUL', 'X-A: a\0b', ' ab'],
    ['gives an empty value', 'X-A:', ''],
  ])('Raw %s (§4.1.2.1)', async (_, field, value) => {
    expect(await read(field, 'header:X-A')).toBe(value)
  })

  it('Raw replaces octets that are no UTF-8 (§4.1.2.1)', async () => {
    const world = new World()
    const octets = new Uint8Array([...new TextEncoder().encode('X-A: a'), 0xe9, 0x62, 13, 10, 13, 10])
    const [email] = world.store.add([{ raw: octets, mailboxIds: [world.store.mailboxByRole('inbox')?.id as never] }])
    const properties = ['header:X-A', 'headers']
    expect(await one(world, `M${email?.id}`, { properties })).toMatchObject({
      'header:X-A': ' a\ufffdb',
      headers: [{ name: 'X-A', value: ' a\ufffdb' }],
    })
  })

  it.each([
    ['unfolds, without the space at the beginning', 'X-A:   a\n  b', 'a  b'],
    ['decodes words', 'X-A: =?iso-8859-1?Q?caf=E9?= =?utf-8?b?YXUgbGFpdA==?=', 'caféau lait'],
    ['decodes words beside text', 'X-A: un =?utf-8?q?caf=C3=A9?= noir', 'un café noir'],
    ['drops encoded NUL and control characters', 'X-A: =?utf-8?q?a=00b=07c=0D=0AX:_y?=', 'abcX: y'],
    ['leaves a word in an unknown encoding', 'X-A: =?utf-8?x?abc?=', '=?utf-8?x?abc?='],
    ['composes characters (NFC)', 'X-A: =?utf-8?q?e=CC=81?= e\u0301', 'é é'],
    ['reads UTF-8 (RFC 6532)', 'X-A: Grüße', 'Grüße'],
  ])('Text %s (§4.1.2.2)', async (_, field, value) => {
    expect(await read(field, 'header:X-A:asText')).toBe(value)
    const subject = field.replace('X-A', 'Subject')
    expect(await read(subject, 'subject')).toBe(value)
  })

  it.each<[string, string, unknown[]]>([
    [
      'a name that is quoted, escaped and folded',
      '" A \\"B\\"\n C " <a@x.example>',
      [{ name: 'A "B" C', email: 'a@x.example' }],
    ],
    ['no name', 'a@x.example', [{ name: null, email: 'a@x.example' }]],
    ['an empty name', '"" <a@x.example>', [{ name: null, email: 'a@x.example' }]],
    [
      'a comment for want of a name',
      'a@x.example (Ann (the first))',
      [{ name: 'Ann (the first)', email: 'a@x.example' }],
    ],
    ['a name and no comment', 'Ann <a@x.example> (work)', [{ name: 'Ann', email: 'a@x.example' }]],
    ['an encoded name', '=?utf-8?q?Zo=C3=AB?= <z@x.example>', [{ name: 'Zoë', email: 'z@x.example' }]],
    ['an encoded comment', 'z@x.example (=?utf-8?q?Zo=C3=AB?=)', [{ name: 'Zoë', email: 'z@x.example' }]],
    ['a UTF-8 name and address (RFC 6532)', 'Zoë <zoë@bücher.example>', [{ name: 'Zoë', email: 'zoë@bücher.example' }]],
    ['a quoted local part', '"a b"@x.example', [{ name: null, email: '"a b"@x.example' }]],
    ['an empty group', 'undisclosed-recipients:;', []],
    [
      'a half-written address',
      'Ann, b@',
      [
        { name: null, email: 'Ann' },
        { name: null, email: 'b@' },
      ],
    ],
    [
      'empty members',
      'a@x.example,, b@x.example,',
      [
        { name: null, email: 'a@x.example' },
        { name: null, email: 'b@x.example' },
      ],
    ],
    ['nothing', '', []],
  ])('Addresses reads %s (§4.1.2.3)', async (_, value, list) => {
    expect(await read(`To: ${value}`, 'header:To:asAddresses')).toEqual(list)
    expect(await read(`Resent-To: ${value}`, 'header:Resent-To:asAddresses')).toEqual(list)
    // The convenience property is the same value, but that an empty list may be no list.
    const to = await read(`To: ${value}`, 'to')
    expect(to ?? []).toEqual(list)
  })

  it.each<[string, string, unknown[]]>([
    [
      'mailboxes around a group apart',
      'a@x.example, G: b@x.example;, c@x.example, d@x.example',
      [
        { name: null, addresses: [{ name: null, email: 'a@x.example' }] },
        { name: 'G', addresses: [{ name: null, email: 'b@x.example' }] },
        {
          name: null,
          addresses: [
            { name: null, email: 'c@x.example' },
            { name: null, email: 'd@x.example' },
          ],
        },
      ],
    ],
    [
      'a quoted, encoded name of a group',
      '"The Team": ;, =?utf-8?q?Caf=C3=A9?=: a@x.example;',
      [
        { name: 'The Team', addresses: [] },
        { name: 'Café', addresses: [{ name: null, email: 'a@x.example' }] },
      ],
    ],
    ['nothing', '', []],
  ])('GroupedAddresses gives %s (§4.1.2.4)', async (_, value, groups) => {
    expect(await read(`Cc: ${value}`, 'header:Cc:asGroupedAddresses')).toEqual(groups)
  })

  it.each<[string, string, unknown]>([
    ['brackets, comments and folds removed', ' (a) <1@x>\n (b <no>) <2@y> ', ['1@x', '2@y']],
    ['null for what is none', 'some words', null],
    ['null for nothing', '', null],
  ])('MessageIds gives %s (§4.1.2.5)', async (_, value, ids) => {
    expect(await read(`References: ${value}`, 'header:References:asMessageIds')).toEqual(ids)
    expect(await read(`References: ${value}`, 'references')).toEqual(ids)
    expect(await read(`In-Reply-To: ${value}`, 'inReplyTo')).toEqual(ids)
  })

  it.each([
    ['a zone east', 'Thu, 13 Feb 1969 23:32:54 +0330', '1969-02-13T23:32:54+03:30'],
    ['a zone west', 'Thu, 13 Feb 1969 23:32 -0330 (Newfoundland Time)', '1969-02-13T23:32:00-03:30'],
    ['UTC as Z', 'Fri, 21 Nov 1997 09:55:06 +0000', '1997-11-21T09:55:06Z'],
    ['an obsolete date', '21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z'],
    ['null for what is none', 'yesterday', null],
    ['null for a day that no month has', 'Sun, 31 Feb 2021 10:00:00 +0000', null],
  ])('Date gives %s (§4.1.2.6)', async (_, value, date) => {
    expect(await read(`Date: ${value}`, 'header:Date:asDate')).toBe(date)
    expect(await read(`Date: ${value}`, 'sentAt')).toBe(date)
  })

  it.each<[string, string, unknown]>([
    [
      'the example of RFC 2369 §3.1',
      '<ftp://ftp.host.com/list.txt> (FTP),\n <mailto:list@host.com?subject=help>',
      ['ftp://ftp.host.com/list.txt', 'mailto:list@host.com?subject=help'],
    ],
    ['one behind a comment with a bracket', '(see <x>) <http://www.host.com/list/>', ['http://www.host.com/list/']],
    ['null for what is none', 'NO (posting not allowed on this list)', null],
  ])('URLs gives %s (§4.1.2.7)', async (_, value, urls) => {
    expect(await read(`List-Help: ${value}`, 'header:List-Help:asURLs')).toEqual(urls)
  })
})

describe('header properties (RFC 8621 §4.1.3)', () => {
  it('all forms of the last field, or of every field in order', async () => {
    const world = new World()
    const id = world.deliver('Resent-To: a@x.example, b@x.example\nX-B: 1\nresent-to: c@x.example\nx-b: 2\n\nx\n')
    const properties = [
      'header:Resent-To:asAddresses:all',
      'header:RESENT-to:asAddresses',
      'header:x-B:all',
      'header:X-C:asDate:all',
    ]
    expect(await one(world, id, { properties })).toEqual({
      id,
      'header:Resent-To:asAddresses:all': [
        [
          { name: null, email: 'a@x.example' },
          { name: null, email: 'b@x.example' },
        ],
        [{ name: null, email: 'c@x.example' }],
      ],
      'header:RESENT-to:asAddresses': [{ name: null, email: 'c@x.example' }],
      'header:x-B:all': [' 1', ' 2'],
      'header:X-C:asDate:all': [],
    })
  })

  it.each([
    ['messageId', 'header:Message-ID:asMessageIds'],
    ['inReplyTo', 'header:In-Reply-To:asMessageIds'],
    ['references', 'header:References:asMessageIds'],
    ['sender', 'header:Sender:asAddresses'],
    ['from', 'header:From:asAddresses'],
    ['to', 'header:To:asAddresses'],
    ['cc', 'header:Cc:asAddresses'],
    ['bcc', 'header:Bcc:asAddresses'],
    ['replyTo', 'header:Reply-To:asAddresses'],
    ['subject', 'header:Subject:asText'],
    ['sentAt', 'header:Date:asDate'],
  ])('%s is identical to %s, there, twice and not there', async (property, header) => {
    const field = header.split(':')[1] as string
    const value = (n: number): string =>
      field === 'Date' ? `Mon, ${n} Jan 2024 10:00:00 +0100` : field === 'Subject' ? `s${n}` : `<a${n}@x.example>`
    for (const fields of ['', `${field}: ${value(1)}\n`, `${field}: ${value(1)}\n${field}: ${value(2)}\n`]) {
      const world = new World()
      const id = world.deliver(`X-First: x\n${fields}\nx\n`)
      const alone = (await one(world, id, { properties: [property] }))[property]
      const both = await one(world, id, { properties: [header, property] })
      expect(alone).toEqual(both[header])
      expect(both[property]).toEqual(both[header])
      expect(alone === null).toBe(fields === '')
    }
  })
})
