import { describe, expect, it } from 'vitest'
import { World } from '../../access/jmap/world.ts'

const message = `From: b@example.com
Subject: Foo <b>matters</b> & foobar
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<style>foo</style><p>${'Words before. '.repeat(40)}Here the quick
 brown fox jumps &lt;script&gt; over. ${'Words after. '.repeat(40)}</p>
`

describe('SearchSnippet/get (RFC 8621 §5)', () => {
  const world = new World()
  const id = world.deliver(message)

  async function snippet(filter: object | null) {
    return (await world.call('SearchSnippet/get', { filter, emailIds: [id] })).list[0]
  }

  it('marks matches in the escaped subject', async () => {
    expect(await snippet({ subject: 'foo' })).toEqual({
      emailId: id,
      subject: '<mark>Foo</mark> &lt;b&gt;matters&lt;/b&gt; &amp; <mark>foo</mark>bar',
      preview: null,
    })
  })

  it('shows the surroundings of a phrase, at most 255 octets, without markup of the message', async () => {
    const { preview } = await snippet({ text: '"QUICK brown"' })
    expect(preview).toContain('<mark>quick brown</mark> fox jumps &lt;script&gt;')
    expect(new TextEncoder().encode(preview).length).toBeLessThanOrEqual(255)
  })

  it('gives null where nothing matches, for NOT and for no filter', async () => {
    const nothing = { emailId: id, subject: null, preview: null }
    expect(await snippet({ body: 'unicorn' })).toEqual(nothing)
    expect(await snippet({ operator: 'NOT', conditions: [{ text: 'quick' }] })).toEqual(nothing)
    expect(await snippet(null)).toEqual(nothing)
  })

  it('takes signs of regular expressions as they are', async () => {
    expect((await snippet({ text: '.*' })).preview).toBeNull()
    expect((await snippet({ text: '(((' })).preview).toBeNull()
  })

  it('reports unknown emails, refuses wrong arguments', async () => {
    const answer = await world.call('SearchSnippet/get', { filter: {}, emailIds: ['M999', 'x'] })
    expect(answer).toMatchObject({ list: [], notFound: expect.arrayContaining(['M999', 'x']) })
    expect((await world.refusal('SearchSnippet/get', { filter: {} })).type).toBe('invalidArguments')
    expect((await world.refusal('SearchSnippet/get', { emailIds: [] })).type).toBe('invalidArguments')
    expect((await world.refusal('SearchSnippet/get', { filter: { colour: 1 }, emailIds: [] })).type).toBe(
      'unsupportedFilter',
    )
  })
})

const mail = (subject: string, body: string): string => `From: a@x.example\nSubject: ${subject}\n\n${body}\n`

async function of(filter: object, ...mails: string[]): Promise<unknown[]> {
  const world = new World()
  const emailIds = mails.map((raw) => world.deliver(raw))
  const { list } = await world.call('SearchSnippet/get', { filter, emailIds })
  return emailIds.map((id) => {
    const { emailId: _, ...rest } = list.find(({ emailId }: { emailId: string }) => emailId === id)
    return rest
  })
}

describe('SearchSnippet, rule by rule (RFC 8621 §5)', () => {
  it('has no id, and is found by its emailId', async () => {
    const world = new World()
    const emailIds = [world.deliver(mail('a', 'b')), world.deliver(mail('c', 'd'))]
    const { list, notFound, accountId } = await world.call('SearchSnippet/get', { filter: { text: 'd' }, emailIds })
    expect(list.map(({ emailId }: { emailId: string }) => emailId)).toEqual(emailIds)
    expect(Object.keys(list[0]).toSorted()).toEqual(['emailId', 'preview', 'subject'])
    expect([notFound, accountId]).toEqual([null, 'a1'])
  })

  it.each<[string, object, unknown]>([
    ['text: both', { text: 'tea' }, { subject: 'Green <mark>tea</mark>', preview: 'More <mark>tea</mark>, please' }],
    ['subject: the subject', { subject: 'green' }, { subject: '<mark>Green</mark> tea', preview: null }],
    ['body: the body', { body: 'please' }, { subject: null, preview: 'More tea, <mark>please</mark>' }],
    [
      'several conditions in one',
      { subject: 'tea', body: 'more' },
      { subject: 'Green <mark>tea</mark>', preview: '<mark>More</mark> tea, please' },
    ],
    [
      'AND',
      { operator: 'AND', conditions: [{ subject: 'tea' }, { body: 'more' }] },
      { subject: 'Green <mark>tea</mark>', preview: '<mark>More</mark> tea, please' },
    ],
    [
      'OR, of which one matches',
      { operator: 'OR', conditions: [{ text: 'coffee' }, { text: 'green' }] },
      { subject: '<mark>Green</mark> tea', preview: null },
    ],
    ['NOT', { operator: 'NOT', conditions: [{ text: 'tea' }] }, { subject: null, preview: null }],
    [
      'NOT within AND',
      { operator: 'AND', conditions: [{ text: 'tea' }, { operator: 'NOT', conditions: [{ text: 'green' }] }] },
      { subject: 'Green <mark>tea</mark>', preview: 'More <mark>tea</mark>, please' },
    ],
    [
      'conditions on other things',
      { from: 'a', hasKeyword: '$seen', inMailbox: 'B1' },
      { subject: null, preview: null },
    ],
    ['no condition', {}, { subject: null, preview: null }],
  ])('marks what is looked for by %s', async (_, filter, snippet) => {
    expect(await of(filter, mail('Green tea', 'More tea, please'))).toEqual([snippet])
  })

  it('converts HTML to text before marking, and escapes it after', async () => {
    const html = '<p>Fish &amp; <b>chips</b> &lt;hot&gt;</p>'
    const raw = `From: a@x.example\nSubject: x\nContent-Type: text/html\n\n${html}\n`
    expect(await of({ body: 'chips' }, raw)).toEqual([
      { subject: null, preview: 'Fish &amp; <mark>chips</mark> &lt;hot&gt;' },
    ])
  })

  it('marks the decoded subject', async () => {
    expect(await of({ subject: 'café' }, mail('=?utf-8?q?Le_Caf=C3=A9?=', 'x'))).toEqual([
      { subject: 'Le <mark>Café</mark>', preview: null },
    ])
  })

  it('requestTooLarge above maxObjectsInGet', async () => {
    const world = new World({ maxObjectsInGet: 1 })
    expect((await world.refusal('SearchSnippet/get', { filter: null, emailIds: ['M1', 'M2'] })).type).toBe(
      'requestTooLarge',
    )
  })

  it('notFound is null when all are there, and what nothing created is not', async () => {
    const world = new World()
    const answer = await world.call('SearchSnippet/get', { filter: null, emailIds: ['#zz'] })
    expect(answer).toMatchObject({ list: [], notFound: ['#zz'] })
  })
})
