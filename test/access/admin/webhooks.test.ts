/** Webhooks of a domain as an administrator sees them. */
import { beforeEach, expect, test } from 'vitest'
import { house } from './house.ts'

let here: ReturnType<typeof house>
beforeEach(async () => {
  here = house()
  await here.admin.domains.add({ name: 'facteur.test' })
})

test('a new one is shown with its secret, once', async () => {
  const { webhooks } = here.admin
  const made = await webhooks.set('facteur.test', 'orders', { url: 'https://shop.test/hook' })
  expect(made).toMatchObject({
    name: 'orders',
    url: 'https://shop.test/hook',
    secret: expect.stringMatching(/^whsec_/),
  })
  const moved = await webhooks.set('facteur.test', 'orders', { url: 'https://shop.test/new' })
  expect(moved.secret).toBeUndefined()
  expect(await webhooks.list('facteur.test')).toEqual([
    { name: 'orders', url: 'https://shop.test/new', created: made.created, keep: 72, events: [] },
  ])
})

test('a new secret', async () => {
  const { webhooks } = here.admin
  const { secret } = await webhooks.set('facteur.test', 'orders', { url: 'https://shop.test/' })
  const rotated = await webhooks.rotate('facteur.test', 'orders')
  expect(rotated.secret).not.toBe(secret)
  expect(
    here
      .book('facteur.test')
      .webhooks?.get('orders')
      ?.secrets.map((one) => one.secret),
  ).toEqual([rotated.secret, secret])
  await expect(webhooks.rotate('facteur.test', 'none')).rejects.toMatchObject({ fault: 'missing' })
})

test.each([
  ['Orders', 'https://a.test/', 'must be a to z'],
  ['orders', 'http://a.test/', 'must begin with https://'],
  ['orders', 'https://u:p@a.test/', 'user name or a password'],
  ['orders', 'https://127.0.0.1:8443/', 'is not at a public address'],
  ['orders', 'https://2130706433/', 'is not at a public address'],
  ['orders', 'https://[::ffff:10.0.0.1]/', 'is not at a public address'],
  ['orders', 'https://0.0.0.0/', 'is not at a public address'],
  ['orders', 'https://mail.localhost./', 'is not at a public address'],
  ['orders', '', '"url" is missing'],
])('%s at %s is refused', async (name, url, reason) => {
  await expect(here.admin.webhooks.set('facteur.test', name, { url })).rejects.toThrow(reason)
  expect(await here.admin.webhooks.list('facteur.test')).toEqual([])
})

test('how long what it has taken is kept: 72 hours, or as somebody says', async () => {
  const { webhooks } = here.admin
  const url = 'https://shop.test/hook'
  expect(await webhooks.set('facteur.test', 'orders', { url })).toMatchObject({ keep: 72 })
  expect(await webhooks.set('facteur.test', 'orders', { url, keep: 0 })).toMatchObject({ keep: 0 })
  expect(await webhooks.set('facteur.test', 'orders', { url })).toMatchObject({ keep: 0 })
  await expect(webhooks.set('facteur.test', 'orders', { url, keep: 721 })).rejects.toThrow(
    '"keep" must be from 0 to 720',
  )
  await expect(webhooks.set('facteur.test', 'orders', { url, keep: 1.5 })).rejects.toThrow('whole number')
})

test('a domain of others has none', async () => {
  await expect(here.admin.webhooks.set('other.test', 'orders', { url: 'https://a.test/' })).rejects.toThrow(
    'not hosted',
  )
})

test('rules name only those that there are, and those that are named stay', async () => {
  const { webhooks, rules } = here.admin
  const list = [{ name: 'tell', do: { webhook: ['log', 'orders'] } }]
  await webhooks.set('facteur.test', 'log', { url: 'https://a.test/' })
  await expect(rules.replace('facteur.test', list)).rejects.toThrow(
    '"rules/0/do/webhook/1" is no webhook of the domain',
  )
  await webhooks.set('facteur.test', 'orders', { url: 'https://a.test/' })
  await rules.replace('facteur.test', list)
  await expect(webhooks.remove('facteur.test', 'orders')).rejects.toThrow('the rule "tell" names the webhook')
  await rules.replace('facteur.test', [])
  await webhooks.remove('facteur.test', 'orders')
  await expect(webhooks.remove('facteur.test', 'orders')).rejects.toMatchObject({ fault: 'missing' })
})

test('what it hears of mail that is sent: nothing, or as somebody says', async () => {
  const { webhooks } = here.admin
  const url = 'https://shop.test/hook'
  expect(await webhooks.set('facteur.test', 'crm', { url })).toMatchObject({ events: [] })
  const both = { url, events: ['bounced', 'accepted', 'bounced'] }
  expect(await webhooks.set('facteur.test', 'crm', both)).toMatchObject({ events: ['accepted', 'bounced'] })
  expect(await webhooks.set('facteur.test', 'crm', { url })).toMatchObject({ events: ['accepted', 'bounced'] })
  expect(await webhooks.set('facteur.test', 'crm', { url, events: [] })).toMatchObject({ events: [] })
  for (const events of ['bounced', ['opened'], [1], {}]) {
    await expect(webhooks.set('facteur.test', 'crm', { url, events })).rejects.toMatchObject({ fault: 'invalid' })
  }
})

test('one that is tried took it, or says why not', async () => {
  const { webhooks } = here.admin
  for (const name of ['orders', 'broken']) await webhooks.set('facteur.test', name, { url: 'https://shop.test/hook' })
  expect(await webhooks.test('facteur.test', 'orders')).toEqual({ isTaken: true })
  expect(await webhooks.test('facteur.test', 'broken')).toEqual({
    isTaken: false,
    problem: 'shop.test answered HTTP 500',
  })
  await expect(webhooks.test('facteur.test', 'none')).rejects.toMatchObject({ fault: 'missing' })
})
