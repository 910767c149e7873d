/** Webhooks of a domain: their names, URLs and secrets. */
import { describe, expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { DomainStore, isWebhookName, webhookUrlProblem } from '../../src/routing/index.ts'

function store() {
  const domain = new DomainStore(memorySql())
  domain.host('facteur.test')
  return domain.webhooks!
}

test('is made with a secret, and gets another URL', () => {
  const hooks = store()
  expect(hooks.set('orders', { url: 'https://a.test/' }, 'whsec_a', 1)).toBe(true)
  hooks.set('orders', { url: 'https://b.test/' }, 'whsec_b', 2)
  expect(hooks.all()).toEqual([
    {
      name: 'orders',
      url: 'https://b.test/',
      secrets: [{ secret: 'whsec_a', created: 1 }],
      created: 1,
      keep: 72,
      events: [],
    },
  ])
})

test('how long messages are kept for it stays as it was said', () => {
  const hooks = store()
  hooks.set('orders', { url: 'https://a.test/', keep: 0 }, 'whsec_a', 1)
  hooks.set('orders', { url: 'https://b.test/' }, 'whsec_b', 2)
  expect(hooks.get('orders')?.keep).toBe(0)
  hooks.set('orders', { url: 'https://b.test/', keep: 5 }, 'whsec_b', 2)
  expect(hooks.get('orders')?.keep).toBe(5)
})

test('who asks for an address of the domain hears which webhooks watch its mail', () => {
  const domain = new DomainStore(memorySql())
  domain.host('facteur.test')
  domain.addAccount('alice', 'a1')
  const hooks = domain.webhooks!
  const watchers = () => {
    const answer = domain.lookup('alice')
    return answer.kind === 'foreign' ? undefined : answer.watchers
  }
  hooks.set('orders', { url: 'https://a.test/' }, 'whsec_a', 1)
  expect(watchers()).toBeUndefined()
  hooks.set('crm', { url: 'https://a.test/', events: ['bounced', 'complained'] }, 'whsec_a', 1)
  expect(watchers()).toEqual([{ name: 'crm', events: ['bounced', 'complained'] }])
  hooks.set('crm', { url: 'https://b.test/' }, 'whsec_a', 1)
  expect(watchers()).toEqual([{ name: 'crm', events: ['bounced', 'complained'] }])
  hooks.remove('crm')
  expect(watchers()).toBeUndefined()
})

test('a new secret signs beside the one before it, and no further back', () => {
  const hooks = store()
  hooks.set('orders', { url: 'https://a.test/' }, 'whsec_a', 1)
  hooks.rotate('orders', 'whsec_b', 2)
  hooks.rotate('orders', 'whsec_c', 3)
  expect(hooks.get('orders')?.secrets.map(({ secret }) => secret)).toEqual(['whsec_c', 'whsec_b'])
  expect(hooks.rotate('none', 'whsec_d', 4)).toBe(false)
})

test('stopped, until it is set again', () => {
  const hooks = store()
  hooks.set('orders', { url: 'https://a.test/' }, 'whsec_a', 1)
  hooks.stop('orders', 5)
  hooks.stop('orders', 6)
  expect(hooks.get('orders')?.stopped).toBe(5)
  hooks.set('orders', { url: 'https://a.test/' }, 'whsec_b', 7)
  expect(hooks.get('orders')?.stopped).toBeUndefined()
})

test('fifty a domain', () => {
  const hooks = store()
  for (let count = 0; count < 50; count++) expect(hooks.set(`h${count}`, { url: 'https://a.test/' }, 'x', 1)).toBe(true)
  expect(hooks.set('more', { url: 'https://a.test/' }, 'x', 1)).toBe(false)
  expect(hooks.set('h7', { url: 'https://b.test/' }, 'x', 1)).toBe(true)
  expect([hooks.remove('h7'), hooks.remove('h7')]).toEqual([true, false])
})

describe('names', () => {
  test.each(['orders', 'a', 'a-1', '7', 'x'.repeat(32)])('%s', (name) => expect(isWebhookName(name)).toBe(true))
  test.each(['', '-a', 'a-', 'A', 'a.b', 'a_b', 'x'.repeat(33)])('not %j', (name) =>
    expect(isWebhookName(name)).toBe(false),
  )
})

describe('URLs', () => {
  test.each([
    ['https://a.test/hook?x=1', false, undefined],
    ['http://a.test/', false, 'must begin with https://'],
    ['http://a.test/', true, undefined],
    ['https://u:p@a.test/', false, 'must not hold a user name or a password'],
    ['https://a.test/#x', false, 'must not have a fragment'],
    ['ftp://a.test/', true, 'is no URL of a web server'],
    ['nonsense', true, 'is no URL of a web server'],
    [`https://a.test/${'x'.repeat(2_000)}`, false, 'is longer than 2,000 characters'],
  ])('%s', (url, allowsPlain, problem) => expect(webhookUrlProblem(url, allowsPlain)).toBe(problem))
})
