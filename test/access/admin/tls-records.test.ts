import { beforeEach, describe, expect, it } from 'vitest'
import { stsPolicyId, stsRecord, type StsPolicy } from '../../../src/format/index.ts'
import { house } from './house.ts'

const stsPolicy: StsPolicy = { mode: 'enforce', mx: ['mx1.facteur.test', '*.mx.facteur.test'], maxAge: 604_800 }
const keyDigest = '5c'.repeat(32)
type Stage = ReturnType<typeof house>

let stage: Stage

beforeEach(async () => {
  stage = house({ tls: { mxNames: stsPolicy.mx, stsPolicy } })
  await stage.admin.domains.add({ name: 'facteur.test' })
})

async function status(name: string): Promise<string | undefined> {
  const records = await stage.admin.domains.checkRecords('facteur.test', keyDigest)
  return records.find((record) => record.name === name)?.status
}

describe('what a zone says of TLS', () => {
  it('is there for each mail server that has a name, and for the policy that is served', async () => {
    const records = await stage.admin.domains.records('facteur.test', keyDigest)
    const lines = records.map(({ name, type, value }) => `${name} ${type} ${value}`)
    expect(lines).toEqual(
      expect.arrayContaining([
        'facteur.test MX 10 mx1.facteur.test',
        `_mta-sts.facteur.test TXT ${stsRecord(stsPolicyId(stsPolicy))}`,
        'mta-sts.facteur.test CNAME www.facteur.test',
        '_smtp._tls.facteur.test TXT v=TLSRPTv1; rua=mailto:mail-reports@facteur.test;',
        `_25._tcp.mx1.facteur.test TLSA 3 1 1 ${keyDigest}`,
      ]),
    )
    expect(lines.filter((line) => line.includes('*'))).toEqual([])
  })

  it('is no policy and no key where there is none', async () => {
    const plain = house()
    await plain.admin.domains.add({ name: 'facteur.test' })
    const names = (await plain.admin.domains.records('facteur.test')).map(({ name }) => name)
    expect(names.filter((name) => name.includes('mta-sts') || name.startsWith('_25'))).toEqual([])
  })

  it('takes no digest that is none', async () => {
    await expect(stage.admin.domains.records('facteur.test', 'abc')).rejects.toThrow('SHA-256')
  })
})

describe('what the DNS says', () => {
  it('is found in the words that serve as well', async () => {
    const certificate = Uint8Array.from({ length: 32 }, () => 0x5c)
    stage.dns
      .set('_mta-sts.facteur.test', { TXT: [`v=STSv1;id=${stsPolicyId(stsPolicy)}`] })
      .set('mta-sts.facteur.test', { A: ['192.0.2.1'] })
      .set('_smtp._tls.facteur.test', { TXT: ['v=TLSRPTv1; rua=https://reports.test/'] })
      .set('_25._tcp.mx1.facteur.test', { TLSA: [{ usage: 3, selector: 1, matchingType: 1, certificate }] })
    for (const name of ['_mta-sts', 'mta-sts', '_smtp._tls', '_25._tcp.mx1']) {
      expect([name, await status(`${name}.facteur.test`)]).toEqual([name, 'found'])
    }
  })

  it('differs when the policy has changed and its id has not (RFC 8461 §3.1)', async () => {
    stage.dns.set('_mta-sts.facteur.test', { TXT: ['v=STSv1; id=20160831085700Z;'] })
    expect(await status('_mta-sts.facteur.test')).toBe('different')
  })

  it('is missing where there is nothing', async () => {
    for (const name of ['_mta-sts', 'mta-sts', '_smtp._tls', '_25._tcp.mx1']) {
      expect([name, await status(`${name}.facteur.test`)]).toEqual([name, 'missing'])
    }
  })
})
