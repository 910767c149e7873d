import { expect, test } from 'vitest'
import { findTlsa, tlsaText } from '../../src/delivery/tlsa.ts'
import { MemoryDns } from '../../src/host/memory/dns.ts'

const certificate = new Uint8Array(32).fill(0xab)
const record = { usage: 3, selector: 1, matchingType: 1, certificate }

function zone(...hosts: string[]) {
  const dns = new MemoryDns()
  for (const host of ['mx.there.test', 'real.host.test']) dns.signed.add(`_25._tcp.${host}`)
  for (const host of hosts) dns.set(`_25._tcp.${host}`, { TLSA: [record] })
  return { dns, host: 'mx.there.test', expanded: 'real.host.test', port: 25, domain: 'there.test' }
}

test('where CNAMEs led is asked first, and its name is the one for the handshake (RFC 7672 §2.1.3)', async () => {
  const found = await findTlsa(zone('mx.there.test', 'real.host.test'))
  expect(found).toMatchObject({
    kind: 'records',
    reference: { names: ['real.host.test', 'mx.there.test', 'there.test'] },
  })
})

test('then the name of the MX record', async () => {
  const question = zone('mx.there.test')
  expect(await findTlsa(question)).toMatchObject({
    kind: 'records',
    reference: { names: ['mx.there.test', 'there.test'] },
  })
  expect(question.dns.asked).toEqual(['TLSA _25._tcp.real.host.test', 'TLSA _25._tcp.mx.there.test'])
})

test('no answer at the first is not made up for by the second', async () => {
  const question = zone('mx.there.test')
  question.dns.broken.add('_25._tcp.real.host.test')
  expect(await findTlsa(question)).toMatchObject({ kind: 'failed' })
})

test('nothing at both', async () => expect(await findTlsa(zone())).toEqual({ kind: 'none' }))

test('the port is that of the server', async () => {
  const dns = new MemoryDns().set('_2525._tcp.mx.test', { TLSA: [record] })
  dns.signed.add('_2525._tcp.mx.test')
  const found = await findTlsa({ dns, host: 'mx.test', expanded: 'mx.test', port: 2525, domain: 'mx.test' })
  expect(found.kind).toBe('records')
})

test('a record as text', () => expect(tlsaText(record)).toBe(`3 1 1 ${'ab'.repeat(32)}`))
