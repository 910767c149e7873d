/** What a message is known by. */
import { describe, expect, test } from 'vitest'
import { tokensOf } from '../../../src/mailbox/spam/token.ts'

const bytes = (text: string) => new TextEncoder().encode(text.replaceAll('\n', '\r\n'))
const tokens = (text: string) => new Set(tokensOf(bytes(text)))
/** How many tokens the second message has that the first has not. */
const news = (one: string, other: string) => [...tokens(other)].filter((bucket) => !tokens(one).has(bucket)).length

const letter = 'From: Alice <alice@facteur.test>\nSubject: Lunch\n\nShall we have lunch tomorrow?\n'

describe('tokens', () => {
  test('are the same for the same message, and each is there once', () => {
    expect(tokensOf(bytes(letter))).toEqual(tokensOf(bytes(letter)))
    expect(tokens(letter).size).toBe(tokensOf(bytes(letter)).length)
  })

  test.each([
    ['a word', letter.replace('tomorrow', 'today'), 1],
    ['the case of a word: nothing', letter.replace('tomorrow', 'TOMORROW'), 0],
    ['the subject', letter.replace('Subject: Lunch', 'Subject: Dinner'), 1],
    ['the author: address and name', letter.replace('Alice <alice@', 'Bob <bob@'), 2],
    ['the author’s domain: domain and address', letter.replace('facteur.test', 'example.org'), 2],
    ['a link: its host, and its words', letter.replace('tomorrow', 'https://casino.example/'), 4],
    ['a finding on arrival', `Authentication-Results: mx.test; dmarc=fail header.from=x.test\n${letter}`, 1],
  ])('tell %s', (_, other, count) => {
    expect(news(letter, other)).toBe(count)
  })

  test('see through transfer encodings, markup and charsets', () => {
    const encoded = btoa('<p>Shall we have <b>lunch</b> tomorrow?</p>')
    const html = letter.replace(
      /\n\n.*/s,
      `\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n${encoded}\n`,
    )
    expect(news(letter, html)).toBe(0)
  })

  test('of scripts without spaces are pairs of characters', () => {
    const chinese = letter.replace(/Shall.*/, '免费发票代开')
    expect(news(letter, chinese)).toBe(5)
  })

  test('of what is no message at all are few, and nothing is thrown', () => {
    for (const odd of ['', '\0\0\0', ':\n', 'From: \nFrom: <<<@@@>>>\n\n', '\ud800'.repeat(100)]) {
      expect(tokens(odd).size).toBeLessThan(10)
    }
  })

  test('are bounded, however long the message is', () => {
    const long = Array.from({ length: 100_000 }, (_, n) => `word${n}`).join(' ')
    expect(tokens(`${letter}${long}`).size).toBeLessThanOrEqual(1_500)
  })
})
