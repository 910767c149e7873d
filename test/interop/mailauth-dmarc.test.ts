/** DMARC against mailauth, which nobody here wrote: both read the same zones and must come to the same end. */
import * as fc from 'fast-check'
import { dmarc } from 'mailauth/lib/dmarc/index.js'
import { expect, test } from 'vitest'
import { MemoryDns } from '../../src/host/memory/dns.ts'
import { evaluateDmarc } from '../../src/protocol/dmarc/index.ts'

const domains = [
  'test',
  'co.test',
  'a.co.test',
  'b.co.test',
  'x.a.co.test',
  'y.x.a.co.test',
  'deep.q.w.e.r.t.y.x.a.co.test',
]

const policy = fc.constantFrom('none', 'quarantine', 'reject', 'nonsense')
const tag = (name: string, value: fc.Arbitrary<string>) =>
  fc.option(
    value.map((text) => `; ${name}=${text}`),
    { nil: '' },
  )
const record = fc
  .tuple(
    fc.option(policy, { nil: undefined, freq: 10 }),
    tag('sp', policy),
    tag('np', policy),
    tag('adkim', fc.constantFrom('r', 's')),
    tag('aspf', fc.constantFrom('r', 's')),
    tag('psd', fc.constantFrom('y', 'n', 'u')),
    tag('t', fc.constantFrom('y', 'n')),
    tag('rua', fc.constantFrom('mailto:a@b.test', 'nonsense')),
  )
  .map(([p, ...rest]) => `v=DMARC1${p === undefined ? '' : `; p=${p}`}${rest.join('')}`)

const texts = fc.oneof(
  { weight: 6, arbitrary: record.map((text) => [text]) },
  { weight: 1, arbitrary: fc.tuple(record, record) },
  { weight: 1, arbitrary: fc.constant(['v=spf1 -all']) },
  { weight: 5, arbitrary: fc.constant(undefined) },
)
const zones = fc.tuple(...domains.map(() => fc.tuple(texts, fc.boolean())))
const one = fc.constantFrom(...domains, 'other.example')

function resolverOf(dns: MemoryDns) {
  return async (name: string, type: string) => {
    const answer = await dns.resolve(name, type as 'TXT')
    if (answer.status === 'found') return type === 'TXT' ? answer.records.map((text) => [text]) : answer.records
    throw Object.assign(new Error(answer.status), { code: answer.status === 'nxdomain' ? 'ENOTFOUND' : 'ENODATA' })
  }
}

test('status and policy are the same for any zones and identifiers (RFC 9989)', async () => {
  await fc.assert(
    fc.asyncProperty(
      zones,
      one,
      fc.option(one),
      fc.array(one, { maxLength: 2 }),
      async (published, author, spf, dkim) => {
        const dns = new MemoryDns()
        for (const [at, [text, exists]] of published.entries()) {
          if (text !== undefined) dns.set(`_dmarc.${domains[at]!}`, { TXT: [...text] })
          if (exists) dns.set(domains[at]!, { A: ['192.0.2.1'] })
        }
        const ours = await evaluateDmarc(
          {
            authorDomains: [author],
            ...(spf !== null && { spf: { status: 'pass', domain: spf } }),
            dkim: dkim.map((domain) => ({ status: 'pass', domain })),
          },
          dns,
        )
        const theirs = await dmarc({
          headerFrom: [author],
          spfDomains: spf === null ? [] : [spf],
          dkimDomains: dkim.map((domain) => ({ domain })),
          resolver: resolverOf(dns),
        })
        if (theirs === false) throw new Error('an author domain was given')
        expect(ours.status).toBe(theirs.status.result)
        if (ours.status === 'fail') expect(ours.disposition).toBe(theirs.policy)
        if (ours.status !== 'none') expect(ours.organizationalDomain).toBe(theirs.domain)
      },
    ),
    { numRuns: 2000 },
  )
})
