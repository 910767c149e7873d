import { describe, expect, test } from 'vitest'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import { externalDestinationName, parseDmarcRecord, reportAddresses } from '../../../src/protocol/dmarc/index.ts'

const own = 'v=DMARC1; p=reject'

function zone(more: Record<string, string[]> = {}): MemoryDns {
  const dns = new MemoryDns().set('_dmarc.blue.example', { TXT: [own] }).set('_dmarc.red.example', { TXT: [own] })
  for (const [name, records] of Object.entries(more)) dns.set(name, { TXT: records })
  return dns
}

function ask(rua: string, dns = zone(), domain = 'blue.example') {
  const record = parseDmarcRecord(`v=DMARC1; p=none; rua=${rua}`)
  return reportAddresses(domain, record?.aggregateReports ?? [], dns)
}

describe('addresses of the same owner (RFC 9990 §3.5)', () => {
  test.each<[string, string, object[]]>([
    ['one', 'mailto:a@blue.example', [{ address: 'a@blue.example' }]],
    ['below the domain', 'mailto:a@mail.blue.example', [{ address: 'a@mail.blue.example' }]],
    ['with a limit', 'mailto:a@blue.example!50k', [{ address: 'a@blue.example', limit: 51_200 }]],
    [
      'two, one of them twice',
      'mailto:a@blue.example,mailto:b@blue.example,mailto:a@blue.example',
      [{ address: 'a@blue.example' }, { address: 'b@blue.example' }],
    ],
    ['other schemes', 'https://blue.example/r,mailto:a@blue.example', [{ address: 'a@blue.example' }]],
    ['header fields behind the address', 'mailto:a@blue.example?subject=x', [{ address: 'a@blue.example' }]],
    ['two addresses in one', 'mailto:a@blue.example%2Cb@red.example', []],
    ['a line end', 'mailto:a%0D%0AX:@blue.example', []],
  ])('%s', async (_, rua, addresses) => expect(await ask(rua)).toEqual({ addresses, isUncertain: false }))

  test('the record of a domain below asks for reports to the one above', async () => {
    expect((await ask('mailto:a@blue.example', zone(), 'news.blue.example')).addresses).toHaveLength(1)
  })

  test('no more than ten', async () => {
    const rua = Array.from({ length: 15 }, (_, at) => `mailto:a${at}@blue.example`).join(',')
    expect((await ask(rua)).addresses).toHaveLength(10)
  })
})

describe('addresses of others (RFC 9990 §4)', () => {
  const name = 'blue.example._report._dmarc.red.example'

  test.each<[string, string[] | undefined, object[]]>([
    ['who want it', ['v=DMARC1'], [{ address: 'r@red.example' }]],
    ['who want it, among other records', ['hello', 'v=DMARC1;'], [{ address: 'r@red.example' }]],
    [
      'who want it elsewhere',
      ['v=DMARC1; rua=mailto:x@red.example!1m'],
      [{ address: 'x@red.example', limit: 2 ** 20 }],
    ],
    ['who send it on to a third', ['v=DMARC1; rua=mailto:x@green.example'], []],
    ['who send it on to a third as well', ['v=DMARC1; rua=mailto:x@red.example,mailto:y@green.example'], []],
    ['who say something else', ['v=spf1 -all'], []],
    ['who say nothing', undefined, []],
  ])('%s', async (_, records, addresses) => {
    const dns = zone(records === undefined ? {} : { [name]: records })
    expect(await ask('mailto:r@red.example', dns)).toEqual({ addresses, isUncertain: false })
  })

  test('is tried again when the DNS does not tell (step 5)', async () => {
    const dns = zone()
    dns.broken.add(name)
    expect(await ask('mailto:r@red.example', dns)).toEqual({ addresses: [], isUncertain: true })
  })

  test('is tried again when it is not known whose domain it is', async () => {
    const dns = zone({ [name]: ['v=DMARC1'] })
    dns.broken.add('_dmarc.red.example')
    expect(await ask('mailto:r@red.example,mailto:a@blue.example', dns)).toEqual({
      addresses: [{ address: 'a@blue.example' }],
      isUncertain: true,
    })
  })

  test('a name longer than names are cannot be asked (step 4)', async () => {
    const label = 'a'.repeat(60)
    const long = [label, label, label, 'example'].join('.')
    expect(externalDestinationName(long, 'b'.repeat(50))).toBeUndefined()
    const dns = zone()
    expect((await ask(`mailto:r@${label}.red.example`, dns, long)).addresses).toEqual([])
    expect(dns.asked.some((question) => question.includes('_report'))).toBe(false)
  })
})
