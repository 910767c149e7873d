/** Links to messages that webhooks are told of: HMAC-SHA256 (RFC 2104) over all that a link says. */
import { describe, expect, test } from 'vitest'
import { isSigned, type LinkTarget, readSignedLink, signedPath } from '../../src/webhooks/index.ts'

const secret = 'a secret of the domain'
const target: LinkTarget = { place: 'orders.facteur.test.webhook.invalid~~0', entry: 'hofccu1y5k', part: '2' }
const expires = 1_795_000_000

async function link(): Promise<URL> {
  return new URL(await signedPath(target, expires, secret, crypto.subtle), 'https://mail.facteur.test')
}

test('names the queue and its object, the entry, the part and the time, and no more', async () => {
  const { pathname, searchParams } = await link()
  expect(pathname).toBe('/webhooks/content/orders.facteur.test.webhook.invalid~~0/hofccu1y5k/2')
  expect([...searchParams.keys()]).toEqual(['expires', 'signature'])
})

test('is known again by who made it', async () => {
  const read = readSignedLink((await link()).searchParams)!
  expect(read.expires).toBe(expires)
  expect(await isSigned(target, read, secret, crypto.subtle)).toBe(true)
})

describe('leads nowhere', () => {
  test.each<[string, Partial<LinkTarget>, number, string]>([
    ['for another part', { part: '1' }, expires, secret],
    ['for the whole message', { part: 'raw' }, expires, secret],
    ['for another message', { entry: 'hofccu1y5l' }, expires, secret],
    ['for another queue', { place: 'orders.facteur.test.webhook.invalid' }, expires, secret],
    ['for a longer time', {}, expires + 1, secret],
    ['with the secret of another domain', {}, expires, 'a secret of another'],
    ['for what a line feed would make of it', { place: `${target.place}\nhofccu1y5k`, entry: '2' }, expires, secret],
  ])('%s', async (_, other, until, key) => {
    const { signature } = readSignedLink((await link()).searchParams)!
    expect(await isSigned({ ...target, ...other }, { expires: until, signature }, key, crypto.subtle)).toBe(false)
  })

  test('with any bit of its signature changed', async () => {
    const { signature } = readSignedLink((await link()).searchParams)!
    for (let at = 0; at < 42; at++) {
      const other = signature[at] === 'A' ? 'B' : 'A'
      const changed = `${signature.slice(0, at)}${other}${signature.slice(at + 1)}`
      expect(await isSigned(target, { expires, signature: changed }, secret, crypto.subtle)).toBe(false)
    }
  })

  test.each([
    '',
    'expires=1795000000',
    `signature=${'A'.repeat(43)}`,
    `expires=x&signature=${'A'.repeat(43)}`,
    `expires=-5&signature=${'A'.repeat(43)}`,
    `expires=01795000000&signature=${'A'.repeat(43)}`,
    `expires=1e9&signature=${'A'.repeat(43)}`,
    `expires=9999999999999&signature=${'A'.repeat(43)}`,
    `expires=1795000000&signature=${'A'.repeat(42)}`,
    `expires=1795000000&signature=${'A'.repeat(44)}`,
    `expires=1795000000&signature=${'='.repeat(43)}`,
  ])('with the query %j', (query) => {
    expect(readSignedLink(new URLSearchParams(query))).toBeUndefined()
  })
})
