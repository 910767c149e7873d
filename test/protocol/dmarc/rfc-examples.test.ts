/** The examples of RFC 9989 appendix B. */
import { describe, expect, test } from 'vitest'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import { DmarcDirectory, evaluateDmarc, parseDmarcRecord } from '../../../src/protocol/dmarc/index.ts'

function publishing(...domains: [name: string, tags: string][]): MemoryDns {
  const dns = new MemoryDns()
  for (const [name, tags] of domains) dns.set(`_dmarc.${name}`, { TXT: [`v=DMARC1; ${tags}`] })
  return dns
}

const relaxed = publishing(['example.com', 'p=reject'])
const strict = publishing(['example.com', 'p=reject; adkim=s; aspf=s'])

const passed = (author: string, spf: string, dkim: string) => ({
  authorDomains: [author],
  spf: { status: 'pass', domain: spf },
  dkim: [{ status: 'pass', domain: dkim }],
})

describe('identifier alignment (B.1)', () => {
  test.each([
    ['SPF in alignment', 'example.com', 'example.com', true, true],
    ['SPF in alignment (parent)', 'child.example.com', 'example.com', true, false],
    ['SPF not in alignment', 'example.net', 'child.example.com', false, false],
  ])('%s (B.1.1)', async (_, domain, author, inRelaxed, inStrict) => {
    const evidence = { authorDomains: [author], dkim: [], spf: { status: 'pass', domain } }
    expect((await evaluateDmarc(evidence, relaxed)).aligned.spf).toBe(inRelaxed)
    expect((await evaluateDmarc(evidence, strict)).aligned.spf).toBe(inStrict)
  })

  test.each([
    ['DKIM in alignment', 'example.com', 'example.com', true, true],
    ['DKIM in alignment (parent)', 'example.com', 'child.example.com', true, false],
    ['DKIM not in alignment', 'sample.net', 'child.example.com', false, false],
  ])('%s (B.1.2)', async (_, domain, author, inRelaxed, inStrict) => {
    const evidence = { authorDomains: [author], dkim: [{ status: 'pass', domain }] }
    expect((await evaluateDmarc(evidence, relaxed)).aligned.dkim).toBe(inRelaxed)
    expect((await evaluateDmarc(evidence, strict)).aligned.dkim).toBe(inStrict)
  })
})

test('records of domain owners (B.2)', () => {
  const feedback = { uri: 'mailto:dmarc-feedback@example.com' }
  const third = { uri: 'mailto:tld-test@thirdparty.example.net' }
  expect(parseDmarcRecord('v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com')).toMatchObject({
    policy: 'none',
    aggregateReports: [feedback],
  })
  expect(
    parseDmarcRecord('v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@example.com'),
  ).toMatchObject({ aggregateReports: [feedback], failureReports: [{ uri: 'mailto:auth-reports@example.com' }] })
  expect(
    parseDmarcRecord(
      'v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com, mailto:tld-test@thirdparty.example.net; t=y',
    ),
  ).toMatchObject({ policy: 'quarantine', testing: true, aggregateReports: [feedback, third] })
})

describe('the tree walk (B.4)', () => {
  test('simple: the signature is of a subdomain (B.4.1)', async () => {
    const found = await evaluateDmarc(passed('example.com', 'example.com', 'signing.example.com'), relaxed)
    expect(found).toMatchObject({
      status: 'pass',
      organizationalDomain: 'example.com',
      aligned: { spf: true, dkim: true },
    })
  })

  test('deep: no more than eight questions, the names in between left out (B.4.2)', async () => {
    const author = 'a.b.c.d.e.f.g.h.i.j.k.example.com'
    expect(DmarcDirectory.names(author)).toEqual([
      author,
      'g.h.i.j.k.example.com',
      'h.i.j.k.example.com',
      'i.j.k.example.com',
      'j.k.example.com',
      'k.example.com',
      'example.com',
      'com',
    ])
    const found = await evaluateDmarc(passed(author, 'example.com', 'signing.example.com'), relaxed)
    expect(found).toMatchObject({
      status: 'pass',
      organizationalDomain: 'example.com',
      aligned: { spf: true, dkim: true },
    })
  })

  test('below a public suffix: one signs for its neighbour (B.4.3)', async () => {
    const dns = publishing(['giant.bank.example', 'p=reject'], ['bank.example', 'p=none; psd=y'])
    const directory = new DmarcDirectory(dns)
    expect(await directory.organizationalDomain('mail.mega.bank.example')).toBe('mega.bank.example')
    const evidence = passed('giant.bank.example', 'mail.giant.bank.example', 'mail.mega.bank.example')
    expect(await evaluateDmarc(evidence, dns)).toMatchObject({
      status: 'pass',
      organizationalDomain: 'giant.bank.example',
      aligned: { spf: true, dkim: false },
    })
  })
})
