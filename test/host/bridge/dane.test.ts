import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DaneReference, TlsaAssociation } from '../../../src/delivery/index.ts'
import { subjectPublicKeyInfo } from '../../../src/host/bridge/common/certificate-der.ts'
import { TlsVerificationError, verifyDane } from '../../../src/host/bridge/common/index.ts'
import { type Issued, issue, tlsa } from './authority.ts'
import { encode, post, remote, request, send, target } from './remote.ts'
import { scene } from './scene.ts'

const name = 'mx.remote.example'
let root: Issued
let middle: Issued
let own: Issued
let late: Issued
let other: Issued
let rsa: Issued
let leafBelowLeaf: Issued

beforeAll(async () => {
  root = await issue('Root', { authority: true })
  middle = await issue('Middle', { authority: true, by: root })
  own = await issue(name, { by: middle })
  late = await issue(name, { by: middle, days: -1 })
  other = await issue('other.example', { by: middle })
  rsa = await issue(name, { rsa: true })
  leafBelowLeaf = await issue(name, { by: own })
})

const certificates = (...chain: Issued[]) => chain.map(({ x509 }) => x509)
const reference = (...records: TlsaAssociation[]): DaneReference => ({ records, names: [name, 'remote.example'] })

const dane = (...records: TlsaAssociation[]) => ({ dane: reference(...records) })

function problem(chain: Issued[], ...records: TlsaAssociation[]): string | undefined {
  try {
    verifyDane(certificates(...chain), reference(...records), Date.now())
    return undefined
  } catch (error) {
    if (error instanceof TlsVerificationError) return error.problem
    throw error
  }
}

describe('usage 3, this very key (RFC 7671 §5.1)', () => {
  it.each([0, 1].flatMap((selector) => [0, 1, 2].map((matching) => [selector, matching] as const)))(
    'selector %i, matching type %i',
    (selector, matching) => {
      expect(problem([own], tlsa(own, 3, selector, matching))).toBeUndefined()
      expect(problem([rsa], tlsa(rsa, 3, selector, matching))).toBeUndefined()
      expect(problem([rsa], tlsa(own, 3, selector, matching))).toBe('validation-failure')
    },
  )
  it('neither names nor dates matter', () => {
    expect(problem([other], tlsa(other, 3))).toBeUndefined()
    expect(problem([late], tlsa(late, 3))).toBeUndefined()
  })
  it('one of several records is enough: keys are changed over so (RFC 7671 §8.1)', () => {
    expect(problem([own], tlsa(other, 3), tlsa(own, 3))).toBeUndefined()
  })
  it('fits the server alone, not those above it', () => {
    expect(problem([own, middle, root], tlsa(middle, 3))).toBe('validation-failure')
  })
})

describe('usage 2, an anchor (RFC 7671 §5.2)', () => {
  it.each([0, 1].flatMap((selector) => [0, 1, 2].map((matching) => [selector, matching] as const)))(
    'selector %i, matching type %i, at the top and in the middle',
    (selector, matching) => {
      expect(problem([own, middle, root], tlsa(root, 2, selector, matching))).toBeUndefined()
      expect(problem([own, middle, root], tlsa(middle, 2, selector, matching))).toBeUndefined()
      expect(problem([own, middle], tlsa(middle, 2, selector, matching))).toBeUndefined()
    },
  )
  it('need not be sent when the record holds all of it', () => {
    expect(problem([own], tlsa(middle, 2, 0, 0))).toBeUndefined()
    expect(problem([own], tlsa(middle, 2, 1, 0))).toBeUndefined()
    expect(problem([own, middle], tlsa(root, 2, 1, 0))).toBeUndefined()
    expect(problem([own], tlsa(middle, 2, 1, 1))).toBe('validation-failure')
  })
  it('the name counts: that of the host or of the domain (RFC 7672 §3.2.2)', () => {
    expect(problem([other, middle], tlsa(middle, 2))).toBe('certificate-host-mismatch')
  })
  it('the dates count', () => {
    expect(problem([late, middle], tlsa(middle, 2))).toBe('certificate-expired')
  })
  it('is not the certificate of the server itself', () => {
    expect(problem([own, middle], tlsa(own, 2))).toBe('validation-failure')
  })
  it('every link is signed by the next: a certificate that is only shown vouches for nothing', async () => {
    const forged = await issue('Middle', { authority: true })
    const victim = await issue(name, { by: forged })
    expect(problem([victim, middle, root], tlsa(middle, 2))).toBe('validation-failure')
    expect(problem([victim, root], tlsa(root, 2))).toBe('validation-failure')
  })
  it('who may not issue certificates issues none', () => {
    expect(problem([leafBelowLeaf, own, middle], tlsa(middle, 2))).toBe('validation-failure')
  })
})

it.each([0, 1, 4, 255])('usage %i fits nothing (RFC 7672 §3.1.3)', (usage) => {
  expect(problem([own, middle, root], tlsa(own, usage), tlsa(root, usage))).toBe('validation-failure')
})

it('no certificate, no records of known kinds, data that is none: a failure and not a crash', () => {
  expect(problem([], tlsa(own, 3))).toBe('validation-failure')
  expect(problem([own], { usage: 2, selector: 0, matchingType: 0, data: 'bm8gY2VydGlmaWNhdGU=' })).toBeDefined()
  expect(problem([own], { usage: 2, selector: 1, matchingType: 0, data: '' })).toBeDefined()
  expect(problem([own], { usage: 3, selector: 7, matchingType: 1, data: tlsa(own, 3).data })).toBeDefined()
})

describe('the public key in a certificate (RFC 6698 §2.1.2)', () => {
  it('is what the library writes for it', () => {
    for (const { x509 } of [own, rsa, root]) {
      const key = x509.publicKey.export({ type: 'spki', format: 'der' })
      expect(Buffer.from(subjectPublicKeyInfo(x509.raw) ?? []).equals(key)).toBe(true)
    }
  })
  it('no cut of a certificate makes the reader throw', () => {
    const { raw } = new X509Certificate(own.cert)
    for (let length = 0; length < raw.length; length++) {
      const found = subjectPublicKeyInfo(raw.subarray(0, length))
      expect(found === undefined || found.length < raw.length).toBe(true)
    }
  })
})

describe('the egress', () => {
  it('delivers where a TLSA record fits, and says so', async () => {
    const mx = await remote({ cert: own.chain, key: own.key })
    for (const record of [tlsa(own, 3), tlsa(middle, 2)]) {
      const result = await send(await scene(), request([target(mx.port, 'dane', dane(record))]))
      expect(result.recipients[0]).toMatchObject({
        status: 'delivered',
        tls: { version: 'TLSv1.3', verified: true, verifiedBy: 'dane' },
      })
      expect(result.sessions).toEqual([{ host: name, address: '127.0.0.1', encrypted: true }])
    }
    expect(mx.messages).toHaveLength(2)
  })

  it('does not deliver where none fits, nor in clear text, nor because an authority is trusted', async () => {
    const mx = await remote({ cert: own.chain, key: own.key })
    const bridge = await scene({ egressCa: [root.cert] })
    const result = await send(bridge, request([target(mx.port, 'dane', dane(tlsa(other, 3)))]))
    expect(result.recipients[0]).toMatchObject({ status: 'deferred', enhanced: '4.7.5' })
    expect(result.recipients[0]?.diagnostic).toMatch(/no TLSA record fits/)
    expect(result.sessions).toEqual([
      { host: name, address: '127.0.0.1', encrypted: false, problem: 'validation-failure' },
    ])
    expect(mx.messages).toHaveLength(0)
  })

  it('does not deliver where STARTTLS is not offered, as when somebody took it out', async () => {
    const mx = await remote({ disabledCommands: ['STARTTLS', 'AUTH'] })
    for (const policy of [target(mx.port, 'dane', dane(tlsa(own, 3))), target(mx.port, 'encrypted')]) {
      const result = await send(await scene(), request([policy]))
      expect(result.recipients[0]).toMatchObject({ status: 'deferred', enhanced: '4.7.4' })
      expect(result.sessions).toMatchObject([{ encrypted: false, problem: 'starttls-not-supported' }])
    }
    expect(mx.messages).toHaveLength(0)
  })

  it('with unusable records: TLS, whatever the certificate (RFC 7672 §2.2)', async () => {
    const mx = await remote()
    const result = await send(await scene(), request([target(mx.port, 'encrypted')]))
    expect(result.recipients[0]).toMatchObject({ status: 'delivered', tls: { verified: false } })
  })

  it('tries the next host where the first does not fit (RFC 7672 §2.1)', async () => {
    const first = await remote({ cert: other.chain, key: other.key })
    const second = await remote({ cert: own.chain, key: own.key })
    const targets = [first, second].map(({ port }) => target(port, 'dane', dane(tlsa(own, 3))))
    const result = await send(await scene(), request(targets))
    expect(result.recipients[0]?.status).toBe('delivered')
    expect(first.messages).toHaveLength(0)
    expect(result.sessions).toMatchObject([{ problem: 'validation-failure' }, { encrypted: true }])
  })

  it('does not send one message over a connection that other records vouched for', async () => {
    const mx = await remote({ cert: own.chain, key: own.key })
    const bridge = await scene()
    await send(bridge, request([target(mx.port, 'dane', dane(tlsa(own, 3)))]))
    const changed = await send(bridge, request([target(mx.port, 'dane', dane(tlsa(other, 3)))]))
    expect(changed.recipients[0]?.status).toBe('deferred')
  })

  it.each<[string, () => Promise<Issued>, string]>([
    ['an expired certificate', async () => late, 'certificate-expired'],
    ['one for another name', async () => other, 'certificate-host-mismatch'],
    ['one of an authority that nobody knows', () => issue(name), 'certificate-not-trusted'],
  ])('names what is wrong with %s, with and without delivering (RFC 8460 §4.3)', async (_, make, expected) => {
    const certificate = await make()
    const mx = await remote({ cert: certificate.chain, key: certificate.key })
    const bridge = await scene({ egressCa: [root.cert] })
    const required = await send(bridge, request([target(mx.port, 'required')]))
    expect(required.recipients[0]).toMatchObject({ status: 'deferred', enhanced: '4.7.5' })
    expect(required.sessions).toMatchObject([{ problem: expected }])
    const testing = await send(bridge, request([target(mx.port)]))
    expect(testing.recipients[0]).toMatchObject({ status: 'delivered', tls: { verified: false, problem: expected } })
    expect(testing.sessions).toMatchObject([{ encrypted: true, problem: expected }])
  })

  it('a trusted certificate leaves nothing to report', async () => {
    const mx = await remote({ cert: own.chain, key: own.key })
    const result = await send(await scene({ egressCa: [root.cert] }), request([target(mx.port)]))
    expect(result.tls).toMatchObject({ verified: true, verifiedBy: 'pkix' })
    expect(result.sessions).toEqual([{ host: name, address: '127.0.0.1', encrypted: true }])
  })

  it.each([
    ['no records', { tls: 'dane' }],
    ['empty records', { tls: 'dane', dane: { records: [], names: [name] } }],
    ['records without the policy', { tls: 'opportunistic', dane: { records: [], names: [name] } }],
  ])('takes no target with %s', async (_, wrong) => {
    const what = request([{ ...target(1), ...(wrong as Partial<ReturnType<typeof target>>) }])
    const response = await post(await scene(), encode(what))
    const refused = wrong.tls === 'dane'
    expect(response.status).toBe(refused ? 400 : 200)
  })
})
