import { describe, expect, it } from 'vitest'
import { ClientLists, parseScreening } from '../../src/arrival/index.ts'
import { MemoryDns } from '../../src/host/memory/dns.ts'

const patient = () => ({ over: new Promise<void>(() => {}), cancel: () => undefined })

const hasty = () => ({ over: Promise.resolve(), cancel: () => undefined })

function stage(texts: { dnsbl?: string; dnswl?: string }) {
  const parsed = parseScreening(texts)
  if (!parsed.ok) throw new Error(parsed.problem)
  const dns = new MemoryDns()
  const useless: string[] = []
  const onUseless = (list: string, problem: string) => useless.push(`${list}: ${problem}`)
  // Every list has its test address (RFC 5782 §5).
  for (const { domain } of [...parsed.settings.block, ...parsed.settings.welcome]) {
    dns.set(`2.0.0.127.${domain}`, { A: ['127.0.0.2'] })
  }
  const { block, welcome } = parsed.settings
  const lists = new ClientLists({ block, welcome, dns, timer: patient, onUseless })
  const asked = () => dns.asked.filter((question) => !question.startsWith('A 2.0.0.127.'))
  return { dns, lists, useless, asked }
}

describe('a block list in the DNS', () => {
  it('is asked for the reversed address of an IPv4 client (RFC 5782 §2.1)', async () => {
    const { asked, lists } = stage({ dnsbl: 'bl.test' })
    expect(await lists.judge('192.0.2.99')).toEqual({})
    expect(asked()).toEqual(['A 99.2.0.192.bl.test'])
  })

  it('is asked for the reversed nibbles of an IPv6 client (RFC 5782 §2.4)', async () => {
    const { asked, lists } = stage({ dnsbl: 'bl.test' })
    await lists.judge('2001:db8:1:2:3:4:567:89ab')
    expect(asked()).toEqual(['A b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test'])
  })

  it('takes an IPv6 client that is an IPv4 one for that (RFC 4291 §2.5.5.2)', async () => {
    const { asked, lists } = stage({ dnsbl: 'bl.test' })
    await lists.judge('::ffff:192.0.2.99')
    expect(asked()).toEqual(['A 99.2.0.192.bl.test'])
  })

  it('refuses who is on it, with its name and its words (RFC 5782 §2.1)', async () => {
    const { dns, lists } = stage({ dnsbl: 'bl.test' })
    dns.set('2.2.0.192.bl.test', { A: ['127.0.0.2'], TXT: ['see https://bl.test/?192.0.2.2\r\n250 é ok'] })
    expect(await lists.judge('192.0.2.2')).toEqual({
      refusal: {
        code: 550,
        enhanced: '5.7.1',
        text: ['Client host [192.0.2.2] is on a block list: bl.test', 'see https://bl.test/?192.0.2.2250  ok'],
      },
    })
  })

  it.each([
    ['an address outside of 127/8, as a domain that was sold gives (RFC 5782 §2.1)', ['203.0.113.1']],
    ['127.255.255.254: a public resolver is not welcome', ['127.255.255.254']],
    ['127.255.255.255: too many questions', ['127.255.255.255']],
    ['127.0.0.1: the question is refused', ['127.0.0.1']],
    ['a refusal beside a listing', ['127.0.0.2', '127.255.255.252']],
  ])('says nothing with %s', async (_, answers) => {
    const { dns, lists } = stage({ dnsbl: 'bl.test' })
    dns.set('2.2.0.192.bl.test', { A: answers })
    expect(await lists.judge('192.0.2.2')).toEqual({})
  })

  it('tells the operator when it does not want to be asked', async () => {
    const { dns, lists, useless } = stage({ dnsbl: 'bl.test' })
    dns.set('2.2.0.192.bl.test', { A: ['127.255.255.254'] })
    await lists.judge('192.0.2.2')
    expect(useless).toEqual(['bl.test: it does not want to be asked (127.255.255.254)'])
  })

  it.each([
    ['192.0.2.2', '2.2.0.192', '1.0.0.127'],
    [
      '2001:db8::2',
      '2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2',
      '1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0',
    ],
  ])(
    'is not believed of %s while it lists the address that no list may have (RFC 5782 §5)',
    async (client, name, nobody) => {
      const { dns, lists, useless } = stage({ dnsbl: 'bl.test' })
      dns.set(`${name}.bl.test`, { A: ['127.0.0.2'] }).set(`${nobody}.bl.test`, { A: ['127.0.0.2'] })
      expect(await lists.judge(client)).toEqual({})
      expect(useless).toEqual(['bl.test: it lists 127.0.0.1, so it lists everybody'])
    },
  )

  it.each([
    ['192.0.2.2', '127.0.0.2', []],
    ['192.0.2.2', '::ffff:127.0.0.2', []],
    ['192.0.2.2', undefined, ['bl.test: it does not list its test address 127.0.0.2, so it lists nobody']],
  ])('tells the operator when it has not even its test address (RFC 5782 §5): %s, %s', async (client, has, told) => {
    const { dns, lists, useless } = stage({ dnsbl: 'bl.test' })
    dns.zones.clear()
    if (has === '127.0.0.2') dns.set('2.0.0.127.bl.test', { A: ['127.0.0.2'] })
    const nibbles = '2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0'
    if (has === '::ffff:127.0.0.2') dns.set(`${nibbles}.bl.test`, { A: ['127.0.0.2'] })
    expect(await lists.judge(client)).toEqual({})
    expect(useless).toEqual(told)
  })

  it('refuses nobody when it does not answer, or not in time', async () => {
    const { dns, lists } = stage({ dnsbl: 'bl.test' })
    dns.broken.add('2.2.0.192.bl.test')
    expect(await lists.judge('192.0.2.2')).toEqual({})
    const silent = { resolve: () => new Promise<never>(() => {}) }
    const bl = { domain: 'bl.test', from: 0, to: 255, effect: 'reject' } as const
    expect(await new ClientLists({ block: [bl], welcome: [bl], dns: silent, timer: hasty }).judge('192.0.2.2')).toEqual(
      {},
    )
  })

  it('says nothing of a client whose address is none', async () => {
    const { dns, lists } = stage({ dnsbl: 'bl.test' })
    expect(await lists.judge('unix:/run/x')).toEqual({})
    expect(dns.asked).toEqual([])
  })

  it('keeps the key of its customer out of what strangers read', async () => {
    const { dns, lists } = stage({ dnsbl: 'abcdefghij0123456789abcdef.zen.bl.test' })
    dns.set('2.2.0.192.abcdefghij0123456789abcdef.zen.bl.test', { A: ['127.0.0.2'] })
    const { refusal } = await lists.judge('192.0.2.2')
    expect(refusal?.text).toEqual(['Client host [192.0.2.2] is on a block list: zen.bl.test'])
  })
})

const listed = (text: string, ...on: [string, string][]) => {
  const { dns, lists } = stage({ dnsbl: text })
  for (const [list, answer] of on) dns.set(`2.2.0.192.${list}`, { A: [answer] })
  return lists.judge('192.0.2.2')
}

describe('several lists', () => {
  it.each<[string, [string, string][], 'refused' | 'junk' | 'taken']>([
    ['a.test=junk', [['a.test', '127.0.0.2']], 'junk'],
    [
      'a.test=junk,b.test',
      [
        ['a.test', '127.0.0.2'],
        ['b.test', '127.0.0.2'],
      ],
      'refused',
    ],
    [
      'a.test=junk,b.test=junk',
      [
        ['a.test', '127.0.0.2'],
        ['b.test', '127.0.0.2'],
      ],
      'junk',
    ],
    ['a.test=4,b.test=4', [['a.test', '127.0.0.2']], 'taken'],
    [
      'a.test=4,b.test=4',
      [
        ['a.test', '127.0.0.2'],
        ['b.test', '127.0.0.2'],
      ],
      'junk',
    ],
    [
      'a.test=5,b.test=5',
      [
        ['a.test', '127.0.0.2'],
        ['b.test', '127.0.0.2'],
      ],
      'refused',
    ],
    ['a.test:2-9', [['a.test', '127.0.0.9']], 'refused'],
    ['a.test:2-9', [['a.test', '127.0.0.10']], 'taken'],
    ['a.test:2-9,a.test:10-11=junk', [['a.test', '127.0.0.10']], 'junk'],
    ['a.test:3', [['a.test', '127.0.0.2']], 'taken'],
  ])('%s with %j: %s', async (text, on, outcome) => {
    const { refusal, junk } = await listed(text, ...on)
    expect(refusal !== undefined ? 'refused' : junk !== undefined ? 'junk' : 'taken').toBe(outcome)
  })

  it('are asked at the same time', async () => {
    const { lists, asked } = stage({ dnsbl: 'a.test,b.test', dnswl: 'c.test' })
    const judged = lists.judge('192.0.2.2')
    expect(asked()).toHaveLength(3)
    await judged
  })

  it('are asked nothing when there are none', async () => {
    const { lists, dns } = stage({})
    expect(lists.any).toBe(false)
    expect(await lists.judge('192.0.2.2')).toEqual({})
    expect(dns.asked).toEqual([])
  })
})

describe('a list of good clients', () => {
  it.each([
    ['127.0.5.2', true],
    ['127.0.5.1', true],
    ['127.0.5.0', false],
    ['127.0.0.255', false],
    ['127.255.255.254', false],
  ])('that answers %s vouches: %s', async (answer, vouches) => {
    const { dns, lists } = stage({ dnsbl: 'bl.test', dnswl: 'wl.test' })
    dns.set('2.2.0.192.bl.test', { A: ['127.0.0.2'] }).set('2.2.0.192.wl.test', { A: [answer] })
    const { refusal, welcome } = await lists.judge('192.0.2.2')
    expect([refusal === undefined, welcome === true]).toEqual([vouches, vouches])
  })
})

describe('settings', () => {
  it.each([
    [{ dnsbl: 'localhost' }, 'dnsbl'],
    [{ dnsbl: 'bl.test=maybe' }, 'dnsbl'],
    [{ dnsbl: 'bl.test=0' }, 'dnsbl'],
    [{ dnsbl: 'bl.test=junk=3' }, 'dnsbl'],
    [{ dnsbl: 'bl.test:9-2' }, 'dnsbl'],
    [{ dnsbl: 'bl.test:256' }, 'dnsbl'],
    [{ dnsbl: 'bl test' }, 'dnsbl'],
    [{ dnsbl: 'bl.test,' }, 'dnsbl'],
    [{ dnsbl: Array.from({ length: 21 }, (_, at) => `l${at}.test`).join(',') }, 'dnsbl'],
    [{ dnswl: 'wl.test=junk' }, 'dnswl'],
    [{ greylist: 'yes' }, 'greylist'],
    [{ greylist: '99999' }, 'greylist'],
    [{ 'client-rates': 'messages' }, 'client-rates'],
    [{ 'client-rates': 'mails=3' }, 'client-rates'],
    [{ 'client-rates': 'messages=-1' }, 'client-rates'],
    [{ 'client-rates': 'constructor=1' }, 'client-rates'],
  ])('%j is refused', (texts, setting) => {
    expect(parseScreening(texts)).toMatchObject({ ok: false, setting })
  })

  it('are off when nothing is said, but for rates', () => {
    expect(parseScreening({})).toEqual({
      ok: true,
      settings: {
        block: [],
        welcome: [],
        greylistMs: 0,
        rates: { connections: 600, messages: 2000, recipients: 10_000, unknown: 30 },
      },
    })
    expect(parseScreening({ 'client-rates': 'off' })).toMatchObject({
      settings: { rates: { connections: 0, messages: 0, recipients: 0, unknown: 0 } },
    })
    expect(parseScreening({ 'client-rates': 'unknown=5, messages=0' })).toMatchObject({
      settings: { rates: { connections: 600, messages: 0, unknown: 5 } },
    })
  })
})
