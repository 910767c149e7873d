/** Keys from the administrator's side: made, published, changed; and the whole zone that goes with them. */
import { describe, expect, it } from 'vitest'
import { house } from './house.ts'

async function hosted() {
  const stage = house()
  await stage.admin.domains.add({ name: 'facteur.test' })
  return stage
}

type Stage = Awaited<ReturnType<typeof hosted>>

/** Puts what the zone should say into the DNS. */
async function publish({ admin, dns }: Stage, change: (value: string) => string = (value) => value): Promise<void> {
  for (const { name, type, value } of await admin.domains.records('facteur.test')) {
    if (type === 'TXT')
      dns.set(name, { ...dns.zones.get(name), TXT: [...(dns.zones.get(name)?.TXT ?? []), change(value)] })
    if (type === 'MX') dns.set(name, { ...dns.zones.get(name), MX: [{ preference: 10, exchange: value.slice(3) }] })
    if (type === 'SRV') {
      const [priority, weight, port, target] = value.split(' ') as [string, string, string, string]
      dns.set(name, { SRV: [{ priority: +priority, weight: +weight, port: +port, target }] })
    }
  }
}

describe('signing keys', () => {
  it('are made with the domain: RSA and Ed25519, both signing (RFC 8463 §3)', async () => {
    const { admin } = await hosted()
    const keys = await admin.signing.list('facteur.test')
    expect(keys.map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['rsa-sha256', 'active'],
      ['ed25519-sha256', 'active'],
    ])
    expect(keys[0]?.name).toBe('20231114-abcd-rsa._domainkey.facteur.test')
    expect(keys[0]?.record).toMatch(/^v=DKIM1; k=rsa; h=sha256; s=email; p=[\w+/=]{300,}$/)
    expect(JSON.stringify(keys)).not.toContain('private')
  })

  it('of a domain that is not hosted are missing', async () => {
    const { admin } = house()
    await expect(admin.signing.rotate('elsewhere.test')).rejects.toThrow('elsewhere.test is not hosted here')
    await expect(admin.signing.stop('elsewhere.test')).rejects.toThrow('elsewhere.test is not hosted here')
  })

  it('change in two steps: the new ones sign only once the DNS has them', async () => {
    const stage = await hosted()
    const { admin, dns } = stage
    const made = await admin.signing.rotate('facteur.test')
    expect(made.step).toBe('made')
    expect(made.keys.map(({ state }) => state)).toEqual(['active', 'active', 'next', 'next'])

    const waiting = await admin.signing.rotate('facteur.test')
    expect(waiting.step).toBe('waiting')
    expect(waiting.missing).toEqual(made.keys.slice(2).map(({ name }) => name))

    for (const { name, record } of made.keys.slice(2)) dns.set(name, { TXT: [record] })
    const done = await admin.signing.rotate('facteur.test')
    expect(done.step).toBe('activated')
    expect(done.keys.map(({ state }) => state)).toEqual(['retired', 'retired', 'active', 'active'])
  })

  it('wait for as long as the DNS shows another key', async () => {
    const { admin, dns } = await hosted()
    const { keys } = await admin.signing.rotate('facteur.test')
    const [first, second, third, fourth] = keys.map(({ record }) => record) as [string, string, string, string]
    dns.set(keys[2]?.name ?? '', { TXT: [first] }).set(keys[3]?.name ?? '', { TXT: [second] })
    expect((await admin.signing.rotate('facteur.test')).missing).toHaveLength(2)
    // Spaces and the order of tags are the zone's own affair.
    dns.set(keys[2]?.name ?? '', { TXT: [third.replaceAll('; ', ';')] }).set(keys[3]?.name ?? '', { TXT: [fourth] })
    expect((await admin.signing.rotate('facteur.test')).step).toBe('activated')
  })

  it('do not change while the DNS cannot be asked; --now does not ask', async () => {
    const { admin, dns } = await hosted()
    await admin.signing.rotate('facteur.test')
    for (const { name } of await admin.signing.list('facteur.test')) dns.broken.add(name)
    await expect(admin.signing.rotate('facteur.test')).rejects.toThrow('the DNS cannot be asked now')
    expect((await admin.signing.rotate('facteur.test', { now: true })).step).toBe('activated')
  })

  it('can be done without, and made again', async () => {
    const { admin } = await hosted()
    await admin.signing.stop('facteur.test')
    expect((await admin.signing.list('facteur.test')).map(({ state }) => state)).toEqual(['retired', 'retired'])
    const again = await admin.signing.rotate('facteur.test')
    expect(again.keys.map(({ state }) => state)).toEqual(['retired', 'retired', 'active', 'active'])
  })
})

describe('the zone of a domain', () => {
  it('has MX, SPF, a key each, DMARC, and where mail apps connect (RFC 6186, RFC 8620 §2.2)', async () => {
    const { admin } = await hosted()
    const records = await admin.domains.records('facteur.test')
    expect(records.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'MX facteur.test',
      'TXT facteur.test',
      'TXT 20231114-abcd-rsa._domainkey.facteur.test',
      'TXT 20231114-abcd-ed._domainkey.facteur.test',
      'TXT _dmarc.facteur.test',
      'TXT _smtp._tls.facteur.test',
      'SRV _submissions._tcp.facteur.test',
      'SRV _imaps._tcp.facteur.test',
      'SRV _jmap._tcp.facteur.test',
    ])
    expect(records[0]?.value).toBe('10 mail.facteur.test')
  })

  it('is missing all of it at first, and complete when all is published', async () => {
    const stage = await hosted()
    const before = await stage.admin.domains.checkRecords('facteur.test')
    expect(new Set(before.map(({ status }) => status))).toEqual(new Set(['missing']))
    await publish(stage)
    const after = await stage.admin.domains.checkRecords('facteur.test')
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set(['found']))
  })

  it('differs where the DNS says something else, which is shown', async () => {
    const stage = await hosted()
    await publish(stage, (value) => value.replace(/p=.{8}/, 'p=AAAAAAAA').replace('v=spf1 mx', 'v=spf1 nonsense:'))
    stage.dns.set('facteur.test', {
      ...stage.dns.zones.get('facteur.test'),
      MX: [{ preference: 1, exchange: 'mx.elsewhere.test' }],
    })
    const checked = await stage.admin.domains.checkRecords('facteur.test')
    expect(checked.slice(0, 4).map(({ status }) => status)).toEqual([
      'different',
      'different',
      'different',
      'different',
    ])
    expect(checked[0]?.present).toEqual(['1 mx.elsewhere.test'])
  })

  it('has one SPF record: two are an error (RFC 7208 §4.5)', async () => {
    const stage = await hosted()
    stage.dns.set('facteur.test', { TXT: ['v=spf1 mx -all', 'google-site-verification=1', 'v=spf1 a -all'] })
    const spf = (await stage.admin.domains.checkRecords('facteur.test'))[1]
    expect(spf).toMatchObject({ status: 'different', present: ['v=spf1 mx -all', 'v=spf1 a -all'] })
  })

  it('is unknown while the DNS does not answer', async () => {
    const stage = await hosted()
    stage.dns.broken.add('_dmarc.facteur.test')
    const checked = await stage.admin.domains.checkRecords('facteur.test')
    expect(checked.find(({ name }) => name.startsWith('_dmarc'))?.status).toBe('unknown')
  })
})
