import { expect, test } from 'vitest'
import { parseSmarthost, SmarthostAgent } from '../../src/delivery/index.ts'
import { MemoryDialer } from '../../src/host/memory/dialer.ts'

test.each([
  ['smtp://relay.test', { host: 'relay.test', port: 25, tls: 'opportunistic' }],
  ['smtp://Relay.Test:2525/', { host: 'relay.test', port: 2525, tls: 'opportunistic' }],
  ['smtp://u:p@relay.test', { host: 'relay.test', port: 587, tls: 'required', auth: { user: 'u', password: 'p' } }],
  [
    'smtp://u%40a.test:p%2F%3A@relay.test:587',
    { host: 'relay.test', port: 587, tls: 'required', auth: { user: 'u@a.test', password: 'p/:' } },
  ],
  [
    'smtp://u:p@127.0.0.1:25?tls=none',
    { host: '127.0.0.1', port: 25, tls: 'none', auth: { user: 'u', password: 'p' } },
  ],
  ['smtps://u:p@relay.test', { host: 'relay.test', port: 465, tls: 'implicit', auth: { user: 'u', password: 'p' } }],
  ['smtp://relay.test?tls=implicit', { host: 'relay.test', port: 465, tls: 'implicit' }],
  ['smtp://[2001:db8::1]:25', { host: '2001:db8::1', port: 25, tls: 'opportunistic' }],
])('%s', (text, smarthost) => expect(parseSmarthost(text)).toEqual({ ok: true, smarthost }))

test.each([
  ['', 'not a URL'],
  ['relay.test:25', 'begin with smtp://'],
  ['https://relay.test', 'begin with smtp://'],
  ['smtp://', 'not a URL|names no host'],
  ['smtp://relay.test/path', 'has a path'],
  ['smtp://%zz:p@relay.test', 'percent-encoded'],
  ['smtp://relay.test?tls=yes', 'tls must be'],
  ['smtps://relay.test?tls=none', 'implicit TLS'],
  ['smtp://relay.test:99999', 'not a URL'],
])('%j is refused with one sentence', (text, problem) => {
  const parsed = parseSmarthost(text)
  expect(parsed.ok).toBe(false)
  if (!parsed.ok) expect(parsed.problem).toMatch(new RegExp(`${problem}.*\\.$`))
})

test('everything goes to the smarthost, which the bridge resolves', async () => {
  const dialer = new MemoryDialer(() => 0)
  const smarthost = { host: 'relay.test', port: 587, tls: 'required' as const, auth: { user: 'u', password: 'p' } }
  const agent = new SmarthostAgent({ smarthost, dialer, hostname: 'mx.facteur.test', clock: () => 0 })
  const envelope = {
    reversePath: '',
    smtputf8: false,
    body: '7BIT' as const,
    recipients: [{ address: 'x@there.test' }],
  }
  const outcomes = await agent.deliver({ id: '1', domain: 'there.test', envelope, raw: new Uint8Array() })
  expect(outcomes).toMatchObject([{ status: 'delivered', remoteMta: 'relay.test' }])
  expect(dialer.sent[0]?.request).toEqual({
    envelope,
    hostname: 'mx.facteur.test',
    auth: { user: 'u', password: 'p' },
    targets: [{ host: 'relay.test', port: 587, addresses: [], tls: 'required' }],
  })
})

test.each([
  ['opportunistic', 'required'],
  ['none', 'required'],
  ['required', 'required'],
  ['implicit', 'implicit'],
] as const)('what needs TLS goes there by verified TLS, be the setting %s (RFC 8689 §4.2.1)', async (tls, used) => {
  const dialer = new MemoryDialer(() => 0)
  const smarthost = { host: 'relay.test', port: 25, tls }
  const agent = new SmarthostAgent({ smarthost, dialer, hostname: 'mx.facteur.test', clock: () => 0 })
  const envelope = {
    reversePath: 'a@b.test',
    smtputf8: false,
    body: '7BIT' as const,
    recipients: [{ address: 'x@y.test' }],
  }
  const job = (more: object) => ({
    id: '1',
    domain: 'y.test',
    raw: new Uint8Array(),
    envelope: { ...envelope, ...more },
  })
  await agent.deliver(job({ requireTls: true }))
  await agent.deliver(job({}))
  expect(dialer.sent.map(({ request }) => request.targets[0]?.tls)).toEqual([used, tls])
})

test('a smarthost of a route is dialled at public addresses alone', async () => {
  const dialer = new MemoryDialer(() => 0)
  const smarthost = { host: 'relay.test', port: 25, tls: 'none' } as const
  const agent = new SmarthostAgent({ smarthost, dialer, hostname: 'mx.facteur.test', clock: () => 0, publicOnly: true })
  const recipients = [{ address: 'x@y.test' }]
  const envelope = { reversePath: 'a@b.test', smtputf8: false, body: '7BIT' as const, recipients }
  await agent.deliver({ id: '1', domain: 'y.test', raw: new Uint8Array(), envelope })
  expect(dialer.sent[0]?.request.targets).toMatchObject([{ host: 'relay.test', publicOnly: true }])
})
