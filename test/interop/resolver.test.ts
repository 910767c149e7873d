/**
 * Unbound behind dnsdist, which nobody here wrote, as our resolver: what it says, whether it validated that (RFC 4035), and
 * what becomes of mail for it.
 */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DohResolver } from '../../src/protocol/dns/index.ts'
import { type Issued, issue } from '../host/bridge/authority.ts'
import { alice, readMailbox } from './clients.ts'
import { diagnosticOf, submitAs } from './outgoing.ts'
import { type Parts, startParts } from './parts.ts'
import { type Resolver, startResolver, withoutResolver } from './peer/resolver.ts'
import { type Postfix, startPostfix, withoutPostfix } from './postfix.ts'

const missing = withoutResolver() ?? withoutPostfix()
/** More than comes in one datagram. */
const long = 'v=DKIM1; p='.padEnd(6_000, 'abcdefghij')
const quoted = (long.match(/.{1,255}/g) ?? []).map((text) => `"${text}"`).join(' ')

const zone = (more: string[]) => [
  '@ MX 10 mx',
  'mx A 127.0.0.1',
  '@ TXT "v=spf1 " "-all"',
  `long TXT ${quoted}`,
  'alias CNAME other',
  'other CNAME mx',
  'none MX 0 .',
  ...more,
]

let resolver: Resolver
let postfix: Postfix
let parts: Parts

beforeAll(async () => {
  if (missing !== undefined) return
  const own = await issue('mx.signed.test')
  const domains = ['signed.test', 'changed.signed.test', 'plain.test', 'bogus.test']
  postfix = await startPostfix({ domains, identity: { cert: own.chain, key: own.key } })
  const [right, wrong] = [tlsa(own), `TLSA 3 1 1 ${'ab'.repeat(32)}`]
  const at = `_${postfix.port}._tcp.mx`
  const changed = ['changed MX 10 mx.changed', 'mx.changed A 127.0.0.1', `${at}.changed ${wrong}`]
  resolver = await startResolver([
    { name: 'signed.test', records: zone([`${at} ${right}`, ...changed]), signed: (text) => text },
    { name: 'plain.test', records: zone([`${at} ${wrong}`]) },
    // Somebody has changed an address after it was signed.
    { name: 'bogus.test', records: zone([]), signed: (text) => text.replaceAll('127.0.0.1', '127.0.0.2') },
  ])
  parts = await startParts({
    bindings: {
      FACTEUR_DOH: resolver.url,
      FACTEUR_MX_PORT: String(postfix.port),
      FACTEUR_RETRY_FIRST_SECONDS: '3600',
    },
  })
})

afterAll(async () => {
  await parts?.stop()
  await resolver?.stop()
  await postfix?.stop()
})

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing)
})

function tlsa({ x509 }: Issued): string {
  const key = x509.publicKey.export({ type: 'spki', format: 'der' })
  return `TLSA 3 1 1 ${createHash('sha256').update(key).digest('hex')}`
}

describe.each(['GET', 'POST'] as const)('asked by %s (RFC 8484 §4.1)', (method) => {
  const ask = () =>
    new DohResolver({
      url: resolver.url,
      method,
      fetch: (url, init) => fetch(url, init),
      clock: () => 0,
    })

  test.each([
    ['signed.test', true],
    ['plain.test', false],
  ])('%s: its records, and whether they are validated', async (zone, authentic) => {
    const dns = ask()
    const found = { status: 'found', authentic }
    expect(await dns.resolve(zone, 'MX')).toMatchObject({
      ...found,
      records: [{ preference: 10, exchange: `mx.${zone}` }],
    })
    expect(await dns.resolve(zone, 'TXT')).toMatchObject({ ...found, records: ['v=spf1 -all'] })
    expect(await dns.resolve(`long.${zone}`, 'TXT')).toMatchObject({ ...found, records: [long] })
    expect(await dns.resolve(`alias.${zone}`, 'A')).toMatchObject({
      ...found,
      records: ['127.0.0.1'],
      name: `mx.${zone}`,
    })
    const tls = await dns.resolve(`_${postfix.port}._tcp.mx.${zone}`, 'TLSA')
    expect(tls).toMatchObject({ ...found, records: [{ usage: 3, selector: 1, matchingType: 1 }] })
    expect(await dns.resolve(`none.${zone}`, 'MX')).toMatchObject({ ...found, records: [{ exchange: '' }] })
  })

  test.each([
    ['signed.test', true],
    ['plain.test', false],
  ])('%s: what does not exist, for the time its SOA says (RFC 2308 §5)', async (zone, authentic) => {
    const dns = ask()
    const nxdomain = await dns.resolve(`no.${zone}`, 'A')
    const nodata = await dns.resolve(`mx.${zone}`, 'AAAA')
    expect(nxdomain).toMatchObject({ status: 'nxdomain', authentic })
    expect(nodata).toMatchObject({ status: 'nodata', authentic })
    for (const answer of [nxdomain, nodata]) expect('ttl' in answer && answer.ttl).toBeLessThanOrEqual(42)
  })

  test('an address that was changed on the way is no answer (RFC 4035 §5.5)', async () => {
    const reason = 'the resolver answered SERVFAIL'
    expect(await ask().resolve('mx.bogus.test', 'A')).toEqual({ status: 'failed', reason })
  })
})

const submit = (domain: string) => submitAs(parts, alice, { to: `friend@${domain}`, subject: `to ${domain}` })

async function waits(domain: string): Promise<string> {
  const diagnostic = await diagnosticOf(parts, domain)
  expect(postfix.mail(domain)).toBe('')
  return diagnostic
}

async function returned(domain: string): Promise<string> {
  let found: string | undefined
  const about = ({ source }: { source: string }) => source.includes(`Subject: to ${domain}\r`)
  const look = async () => (found = (await readMailbox(parts, alice)).find(about)?.source)
  await expect.poll(look, { timeout: 20_000, interval: 100 }).toBeDefined()
  return found ?? ''
}

describe('mail', () => {
  test.each(['signed.test', 'plain.test'])(
    'for %s arrives: the key fits, or nobody signed that it must (RFC 7672 §2.2)',
    async (domain) => {
      await submit(domain)
      await expect
        .poll(() => postfix.mail(domain), { timeout: 20_000, interval: 50 })
        .toContain(`Subject: to ${domain}`)
      expect(postfix.mail(domain)).toMatch(/using TLSv1\.3/)
    },
  )

  test('for a signed zone with another key waits', async () => {
    await submit('changed.signed.test')
    expect(await waits('changed.signed.test')).toMatch(/no TLSA record fits/)
  })

  test('for a zone that is not what was signed waits', async () => {
    await submit('bogus.test')
    expect(await waits('bogus.test')).toMatch(/SERVFAIL/)
  })

  test('for a name that does not exist, or takes no mail, is returned (RFC 5321 §5.1, RFC 7505)', async () => {
    await submit('no.signed.test')
    expect(await returned('no.signed.test')).toMatch(/^Status: 5\.1\.2\r$/m)
    await submit('none.signed.test')
    expect(await returned('none.signed.test')).toMatch(/^Status: 5\.1\.10\r$/m)
  })
})
