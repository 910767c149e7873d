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
