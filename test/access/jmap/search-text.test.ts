import { describe, expect, it } from 'vitest'
import { World } from './world.ts'

const head = 'From: b@example.com\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n'

async function snippet(text: string, filter: object, subject = 'none') {
  const world = new World()
  const id = world.deliver(`${head}Subject: ${subject}\n\n${text}\n`)
  const found = await world.call('Email/query', { filter })
  const { list } = await world.call('SearchSnippet/get', { filter, emailIds: [id] })
  return { found: found.ids.length === 1, ...list[0] }
}

describe('SearchSnippet marks what Email/query finds (RFC 8621 §5)', () => {
  it.each([
    ['without diacritics', 'Où est le Café?', 'cafe', 'Où est le <mark>Café</mark>?'],
    ['sharp s, longer when folded', 'Die große Straße dort', 'strasse', 'Die große <mark>Straße</mark> dort'],
    ['decomposed letters', 'Cafe\u0301 noir', 'café', '<mark>Cafe\u0301</mark> noir'],
    ['two Chinese characters', '今天天气很好', '天气', '今天<mark>天气</mark>很好'],
    ['over a line end', '今天天\n气很好', '天气', '今天<mark>天气</mark>很好'],
    ['a phrase', 'a quick, brown fox', '"quick brown"', 'a <mark>quick, brown</mark> fox'],
    ['the beginning of a word', 'many businesses', 'busi', 'many <mark>busi</mark>nesses'],
    ['an address', 'write to a.b@example.com now', 'a.b@example.com', 'write to <mark>a.b@example.com</mark> now'],
    ['words that overlap', 'aa bb cc', '"aa bb" "bb cc"', '<mark>aa bb cc</mark>'],
    ['every place', 'tea or Tea', 'tea', '<mark>tea</mark> or <mark>Tea</mark>'],
    ['an emoji', 'well 🎉 done', '🎉', 'well <mark>🎉</mark> done'],
    ['markup of the message as text', '<b>tea</b> & "milk"', 'tea', '&lt;b&gt;<mark>tea</mark>&lt;/b&gt; &amp; "milk"'],
    ['a mark that the message brings', '<mark>tea</mark>', 'tea', '&lt;mark&gt;<mark>tea</mark>&lt;/mark&gt;'],
  ])('%s', async (_, text, search, preview) => {
    const answer = await snippet(text, { body: search })
    expect(answer.found).toBe(true)
    expect(answer.preview.trim()).toBe(preview)
  })

  it('a word is not marked within another, as it is not found there', async () => {
    const answer = await snippet('a business', { body: '"bus"' })
    expect(answer).toMatchObject({ found: false, preview: null })
  })

  it('the preview is at most 255 octets, in a script without spaces too', async () => {
    const { preview } = await snippet(`${'今天'.repeat(300)}天气很好${'今天'.repeat(300)}`, { body: '天气很好' })
    expect(preview).toContain('<mark>天气很好</mark>')
    expect(new TextEncoder().encode(preview).length).toBeLessThanOrEqual(255)
  })

  it('a match far into a long text is shown as well, and one over the border of what is looked at together', async () => {
    const filler = 'filler '.repeat(150_000)
    expect((await snippet(`${filler} late needle`, { body: '"late needle"' })).preview).toContain(
      '<mark>late needle</mark>',
    )
    for (const before of [262_138, 262_144, 258_040]) {
      const text = `${'x '.repeat(before / 2)}late needle${' y'.repeat(9000)}`
      expect((await snippet(text, { body: 'late needle' })).preview).toContain('<mark>late</mark> <mark>needle</mark>')
    }
  })

  it('marks the subject by text and subject, not by body', async () => {
    expect((await snippet('x', { text: 'plan' }, 'The plan')).subject).toBe('The <mark>plan</mark>')
    expect((await snippet('x', { body: 'plan' }, 'The plan')).subject).toBeNull()
  })

  it('a search text that a query refuses is refused here (RFC 8620 §5.5 unsupportedFilter)', async () => {
    const world = new World()
    const filter = { text: 'w '.repeat(65) }
    expect(await world.refusal('SearchSnippet/get', { filter, emailIds: [] })).toMatchObject({
      type: 'unsupportedFilter',
    })
  })
})
