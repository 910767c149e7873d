import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeUtf8, formatAuthenticationResults, parseHeader } from '../../../src/format/index.ts'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import {
  authorDomains,
  dmarcAuthentication,
  DmarcDirectory,
  type DmarcEvidence,
  evaluateDmarc,
  parseDmarcRecord,
} from '../../../src/protocol/dmarc/index.ts'

/** Records at _dmarc of each name; the names themselves exist. */
function zones(records: Record<string, string | string[]>): MemoryDns {
  const dns = new MemoryDns()
  for (const [name, text] of Object.entries(records)) {
    dns.set(`_dmarc.${name}`, { TXT: typeof text === 'string' ? [text] : text }).set(name, { A: ['192.0.2.1'] })
  }
  return dns
}

const from = (domain: string, more: Partial<DmarcEvidence> = {}): DmarcEvidence => ({
  authorDomains: [domain],
  dkim: [],
  ...more,
})
const signed = (domain: string, status = 'pass') => ({ dkim: [{ status, domain }] })
const sent = (domain: string, status = 'pass') => ({ spf: { status, domain } })

describe('records (RFC 9989 §4.7)', () => {
  test('a whole one', () => {
    const text =
      'v=DMARC1; p=reject; sp=quarantine; np=reject; adkim=s; aspf=r; fo=1:d; t=y; psd=n; pct=50; ' +
      'rua=mailto:a@example.com!10m, mailto:b@example.net; ruf=mailto:c@example.com;'
    expect(parseDmarcRecord(text)).toEqual({
      applies: true,
      policy: 'reject',
      subdomainPolicy: 'quarantine',
      nonexistentPolicy: 'reject',
      asksExistence: true,
      dkimAlignment: 'strict',
      spfAlignment: 'relaxed',
      publicSuffix: false,
      testing: true,
      aggregateReports: [{ uri: 'mailto:a@example.com', limit: 10 * 1024 * 1024 }, { uri: 'mailto:b@example.net' }],
      failureReports: [{ uri: 'mailto:c@example.com' }],
      failureOptions: ['1', 'd'],
    })
  })

  test.each([
    ['v=DMARC1;p=quarantine', 'quarantine', 'quarantine', 'quarantine'],
    ['v = DMARC1 ; P = Reject ; sp=none', 'reject', 'none', 'none'],
    ['v=DMARC1; adkim=x; aspf; ; p=reject; unknown=1', 'reject', 'reject', 'reject'],
    ['v=DMARC1; p=nonsense; rua=mailto:a@b.example', 'none', 'none', 'none'],
    ['v=DMARC1; p=reject; sp=nonsense; rua=mailto:a@b.example', 'none', 'none', 'none'],
    ['v=DMARC1; rua=mailto:a@b.example', 'none', 'none', 'none'],
  ])('%s', (text, policy, subdomainPolicy, nonexistentPolicy) => {
    expect(parseDmarcRecord(text)).toMatchObject({ policy, subdomainPolicy, nonexistentPolicy })
  })

  test.each([
    ['v=DMARC2; p=reject', 'another version'],
    ['v=dmarc1; p=reject', 'the version in lower case'],
    ['p=reject; v=DMARC1', 'the version not first'],
    ['v=DMARC1; p=reject; p=none', 'a tag twice'],
    ['v=DMARC10; p=reject', 'a longer version'],
    ['', 'nothing'],
  ])('%s is none: %s', (text) => expect(parseDmarcRecord(text)).toBeUndefined())

  test.each([
    ['v=DMARC1', 'no policy and no reports'],
    ['v=DMARC1; p=nonsense', 'no valid policy and no reports'],
    ['v=DMARC1; p=reject; np=nonsense', 'a broken policy beside a valid one'],
    ['v=DMARC1; p=nonsense; rua=a@b.example', 'no URI for reports'],
  ])('%s asks for nothing: %s (§4.10.1)', async (text) => {
    expect(parseDmarcRecord(text)).toMatchObject({ applies: false, policy: 'none' })
    // Nor does the domain above it speak for it then.
    const dns = zones({ 'a.example.com': text, 'example.com': 'v=DMARC1; p=reject' })
    expect(await evaluateDmarc(from('a.example.com'), dns)).toMatchObject({ status: 'none', disposition: 'none' })
  })

  test('whatever the text, it is read without fault', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDmarcRecord(`v=DMARC1;${text}`)))
    const start = performance.now()
    parseDmarcRecord(`v=DMARC1; rua=${'a!'.repeat(30_000)}`)
    parseDmarcRecord(`v=DMARC1${' '.repeat(60_000)}p`)
    expect(performance.now() - start).toBeLessThan(300)
  })
})

describe('the tree walk (RFC 9989 §4.10)', () => {
  test.each([
    ['com', ['com']],
    ['mail.example.com', ['mail.example.com', 'example.com', 'com']],
    ['1.2.3.4.5.6.7', ['1.2.3.4.5.6.7', '2.3.4.5.6.7', '3.4.5.6.7', '4.5.6.7', '5.6.7', '6.7', '7']],
    [
      'a.b.c.d.e.f.g.h.i.j.mail.example.com',
      [
        'a.b.c.d.e.f.g.h.i.j.mail.example.com',
        'g.h.i.j.mail.example.com',
        'h.i.j.mail.example.com',
        'i.j.mail.example.com',
        'j.mail.example.com',
        'mail.example.com',
        'example.com',
        'com',
      ],
    ],
  ])('%s asks at most eight names', (domain, names) => expect(DmarcDirectory.names(domain)).toEqual(names))

  test.each([
    ['no record anywhere', {}, 'a.mail.example.com'],
    ['the shortest name with a record', { 'mail.example.com': 'p=none', 'example.com': 'p=none' }, 'example.com'],
    ['psd=n ends the walk', { 'mail.example.com': 'p=none; psd=n', 'example.com': 'p=none' }, 'mail.example.com'],
    ['below psd=y', { com: 'p=none; psd=y' }, 'example.com'],
    ['below psd=y, records or not', { 'mail.example.com': 'p=none', com: 'p=none; psd=y' }, 'example.com'],
    ['a psd=y of its own says nothing of itself', { 'a.mail.example.com': 'p=none; psd=y' }, 'a.mail.example.com'],
  ])('the organizational domain: %s (§4.10.2)', async (_, records, expected) => {
    const dns = zones(Object.fromEntries(Object.entries(records).map(([name, tags]) => [name, `v=DMARC1; ${tags}`])))
    expect(await new DmarcDirectory(dns).organizationalDomain('a.mail.example.com')).toBe(expected)
  })

  test('several records at a name are as good as none', async () => {
    const dns = zones({ 'example.com': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'], com: 'v=DMARC1; p=none' })
    expect(await new DmarcDirectory(dns).organizationalDomain('example.com')).toBe('com')
  })

  test('a name is asked once a message', async () => {
    const dns = zones({ 'example.com': 'v=DMARC1; p=reject' })
    await evaluateDmarc(from('example.com', { ...signed('a.example.com'), ...sent('b.example.com') }), dns)
    expect(new Set(dns.asked).size).toBe(dns.asked.length)
  })
})

describe('alignment (RFC 9989 §4.4)', () => {
  const relaxed = { 'example.com': 'v=DMARC1; p=reject' }
  const strict = { 'example.com': 'v=DMARC1; p=reject; adkim=s; aspf=s' }

  test.each([
    ['DKIM of the same domain', relaxed, from('example.com', signed('example.com')), 'pass', false, true],
    ['SPF of the same domain', relaxed, from('example.com', sent('example.com')), 'pass', true, false],
    ['DKIM of a subdomain', relaxed, from('example.com', signed('mail.example.com')), 'pass', false, true],
    ['DKIM of the parent', relaxed, from('news.example.com', signed('example.com')), 'pass', false, true],
    ['a sibling', relaxed, from('news.example.com', sent('bounce.example.com')), 'pass', true, false],
    ['the same, strictly', strict, from('example.com', signed('example.com')), 'pass', false, true],
    ['a subdomain, strictly', strict, from('example.com', signed('mail.example.com')), 'fail', false, false],
    [
      'another domain',
      relaxed,
      from('example.com', { ...signed('example.net'), ...sent('example.org') }),
      'fail',
      false,
      false,
    ],
    ['only the same ending', relaxed, from('example.com', signed('badexample.com')), 'fail', false, false],
    ['a broken signature', relaxed, from('example.com', signed('example.com', 'fail')), 'fail', false, false],
    ['a softfail', relaxed, from('example.com', sent('example.com', 'softfail')), 'fail', false, false],
    ['nothing at all', relaxed, from('example.com'), 'fail', false, false],
  ] as const)('%s', async (_, records, evidence, status, spf, dkim) => {
    const result = await evaluateDmarc(evidence, zones(records))
    expect(result).toMatchObject({ status, aligned: { spf, dkim }, disposition: status === 'fail' ? 'reject' : 'none' })
  })

  test('one of several signatures is enough', async () => {
    const dkim = [
      { status: 'fail', domain: 'example.com' },
      { status: 'neutral' },
      { status: 'pass', domain: 'example.com' },
    ]
    expect((await evaluateDmarc(from('example.com', { dkim }), zones(relaxed))).status).toBe('pass')
  })

  test('neighbours under a public suffix are strangers', async () => {
    const dns = zones({ 'co.example': 'v=DMARC1; p=none; psd=y', 'a.co.example': 'v=DMARC1; p=reject' })
    expect(await evaluateDmarc(from('a.co.example', signed('b.co.example')), dns)).toMatchObject({
      status: 'fail',
      organizationalDomain: 'a.co.example',
    })
  })
})

describe('the policy that applies (RFC 9989 §4.10.1)', () => {
  test.each([
    ['its own', { 'example.com': 'p=quarantine; sp=reject' }, 'example.com', 'quarantine', 'quarantine'],
    ["its organizational domain's", { 'example.com': 'p=reject' }, 'a.example.com', 'reject', 'reject'],
    ['sp= for what is below', { 'example.com': 'p=reject; sp=none' }, 'a.example.com', 'none', 'none'],
    ['np= for what is not there', { 'example.com': 'p=none; np=reject' }, 'a.example.com', 'reject', 'reject'],
    [
      'a subdomain with its own',
      { 'a.example.com': 'p=none', 'example.com': 'p=reject' },
      'a.example.com',
      'none',
      'none',
    ],
    ["the public suffix's", { com: 'p=none; sp=quarantine; psd=y' }, 'example.com', 'quarantine', 'quarantine'],
    ['reject while testing', { 'example.com': 'p=reject; t=y' }, 'example.com', 'reject', 'quarantine'],
    ['quarantine while testing', { 'example.com': 'p=quarantine; t=y' }, 'example.com', 'quarantine', 'none'],
  ] as const)('%s', async (_, records, domain, policy, disposition) => {
    const dns = zones(Object.fromEntries(Object.entries(records).map(([name, tags]) => [name, `v=DMARC1; ${tags}`])))
    expect(await evaluateDmarc(from(domain), dns)).toMatchObject({ status: 'fail', policy, disposition })
  })

  test('np= is not for what is there, an alias to nowhere included', async () => {
    const dns = zones({ 'example.com': 'v=DMARC1; p=none; np=reject' }).set('a.example.com', { MX: [] })
    expect((await evaluateDmarc(from('a.example.com'), dns)).disposition).toBe('none')
    const asked: string[] = []
    const aliased: Pick<MemoryDns, 'resolve'> = {
      async resolve(name, type) {
        asked.push(`${type} ${name}`)
        if (type === 'A') return { status: 'nxdomain', ttl: 1, authentic: false }
        return type === 'CNAME'
          ? ({ status: 'found', records: ['x'], name, ttl: 1, authentic: false } as never)
          : dns.resolve(name, type)
      },
    }
    expect((await evaluateDmarc(from('a.example.com'), aliased)).disposition).toBe('none')
    expect(asked).toContain('CNAME a.example.com')
  })

  test('no record, no policy', async () => {
    const result = await evaluateDmarc(from('example.com', signed('example.com')), zones({}))
    expect(result).toMatchObject({ status: 'none', disposition: 'none' })
  })
})

describe('what the DNS does not tell makes a temperror, never a rejection', () => {
  test('the walk broke off before a record', async () => {
    const dns = zones({ 'example.com': 'v=DMARC1; p=reject' })
    dns.broken.add('_dmarc.a.example.com')
    expect(await evaluateDmarc(from('a.example.com'), dns)).toMatchObject({ status: 'temperror', disposition: 'none' })
  })

  test('the walk broke off above its own record: exact identifiers still count', async () => {
    const dns = zones({ 'example.com': 'v=DMARC1; p=reject' })
    dns.broken.add('_dmarc.com')
    expect((await evaluateDmarc(from('example.com', signed('example.com')), dns)).status).toBe('pass')
    expect((await evaluateDmarc(from('example.com', signed('a.example.com')), dns)).status).toBe('temperror')
    expect((await evaluateDmarc(from('example.com', signed('example.net')), dns)).status).toBe('fail')
  })

  test('a key or an SPF record of the author could not be asked for', async () => {
    const dns = zones({ 'example.com': 'v=DMARC1; p=reject' })
    expect((await evaluateDmarc(from('example.com', signed('example.com', 'temperror')), dns)).status).toBe('temperror')
    expect((await evaluateDmarc(from('example.com', sent('example.com', 'temperror')), dns)).status).toBe('temperror')
    expect((await evaluateDmarc(from('example.com', sent('example.net', 'temperror')), dns)).status).toBe('fail')
  })

  test('whether the domain exists, when np= hangs on it', async () => {
    const dns = zones({ 'example.com': 'v=DMARC1; p=none; np=reject' })
    dns.broken.add('a.example.com')
    expect((await evaluateDmarc(from('a.example.com'), dns)).status).toBe('temperror')
  })
})

const domains = (text: string) => authorDomains(parseHeader(encodeUtf8(text)).header)

describe('the author (RFC 9989 §3.2.2)', () => {
  test.each([
    ['From: Anna <anna@Example.COM>\r\n', ['example.com']],
    ['From: a@a.example, b@A.example, c@b.example\r\n', ['a.example', 'b.example']],
    ['From: "x@evil.example" <a@a.example>\r\n', ['a.example']],
    ['From: a@bücher.example\r\n', ['xn--bcher-kva.example']],
    ['From: a@a.example\r\nFrom: b@b.example\r\n', ['a.example', 'b.example']],
    ['From: nobody\r\n', ['']],
    ['From: a@[192.0.2.1]\r\n', ['']],
    ['Subject: x\r\n', []],
  ])('%j', (text, expected) => expect(domains(text)).toEqual(expected))

  test('of several the one that asks for most counts', async () => {
    const dns = zones({ 'a.example': 'v=DMARC1; p=none', 'b.example': 'v=DMARC1; p=reject' })
    const result = await evaluateDmarc({ authorDomains: ['a.example', 'b.example'], ...signed('a.example') }, dns)
    expect(result).toMatchObject({ status: 'fail', domain: 'b.example', disposition: 'reject' })
  })

  test.each([[[]], [['']], [['a.example', '']], [['1.example', '2.example', '3.example', '4.example', '5.example']]])(
    '%j cannot be evaluated',
    async (list) =>
      expect(await evaluateDmarc({ authorDomains: list, dkim: [] }, zones({}))).toMatchObject({ status: 'permerror' }),
  )
})

test('in Authentication-Results (RFC 9989 §9.1)', async () => {
  const dns = zones({ 'example.com': 'v=DMARC1; p=reject' })
  const results = [
    dmarcAuthentication(await evaluateDmarc(from('example.com'), dns)),
    dmarcAuthentication(await evaluateDmarc(from('example.com', signed('example.com')), dns)),
    dmarcAuthentication(await evaluateDmarc(from('example.net'), dns)),
  ]
  expect(formatAuthenticationResults('mx', results).split(';\r\n\t')).toEqual([
    'mx',
    'dmarc=fail reason="neither SPF nor DKIM of example.com passed"\r\n\t header.from=example.com policy.dmarc=reject',
    'dmarc=pass header.from=example.com policy.dmarc=none',
    'dmarc=none reason="the domain has no DMARC record"\r\n\t header.from=example.net',
  ])
})
