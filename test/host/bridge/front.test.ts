import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Admission, networkOf } from '../../../src/host/bridge/common/admission.ts'
import { Content, ContentBudget } from '../../../src/host/bridge/common/content.ts'
import { LoginPenalty } from '../../../src/host/bridge/common/login-penalty.ts'
import { readProxyHeader } from '../../../src/host/bridge/common/proxy-protocol.ts'
import { isLoopback, plainAddress } from '../../../src/host/bridge/common/socket.ts'
import { chunked, chunkSizes } from '../../chunked.ts'
import { scene } from './scene.ts'

const text = (value: string): Uint8Array => Buffer.from(value, 'latin1')
const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
const v2 = (command: number, family: number, rest: readonly number[]): Uint8Array =>
  Uint8Array.from([...signature, command, family, rest.length >> 8, rest.length & 255, ...rest])
const v6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]

describe('a PROXY protocol header', () => {
  const valid: readonly (readonly [string, Uint8Array, object])[] = [
    ['version 1, IPv4', text('PROXY TCP4 192.0.2.1 198.51.100.9 51234 25\r\n'), { address: '192.0.2.1', port: 51234 }],
    [
      'version 1, an IPv4 client of a listener for both',
      text('PROXY TCP6 ::FFFF:192.0.2.1 ::ffff:192.0.2.2 1 25\r\n'),
      { address: '192.0.2.1', port: 1 },
    ],
    ['version 1, IPv6', text('PROXY TCP6 2001:DB8::1 2001:db8::2 1 25\r\n'), { address: '2001:db8::1', port: 1 }],
    [
      'version 2, IPv4',
      v2(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 9, 0xc8, 0x22, 0, 25]),
      { address: '192.0.2.1', port: 51234 },
    ],
    ['version 2, IPv6', v2(0x21, 0x21, [...v6, ...v6, 0, 7, 0, 25]), { address: '2001:db8::1', port: 7 }],
    [
      'version 2 with TLVs',
      v2(0x21, 0x11, [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2, 4, 0, 1, 0]),
      { address: '1.2.3.4', port: 1 },
    ],
  ]
  it.each(valid)('of %s names the client, in chunks of any size', (_name, header, source) => {
    const stream = Buffer.concat([header, text('EHLO x\r\n')])
    for (const size of chunkSizes) {
      let seen: Uint8Array = new Uint8Array(0)
      let outcome: ReturnType<typeof readProxyHeader>
      for (const chunk of chunked(stream, size)) {
        seen = Buffer.concat([seen, chunk])
        outcome = readProxyHeader(seen)
        if (outcome !== undefined) break
      }
      expect(outcome).toEqual({ source, length: header.length })
    }
  })

  it.each([
    ['UNKNOWN', text('PROXY UNKNOWN\r\n')],
    ['UNKNOWN with addresses', text('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n')],
    ['LOCAL', v2(0x20, 0x00, [])],
    [
      'a UNIX socket',
      v2(
        0x21,
        0x31,
        Array.from({ length: 216 }, () => 0),
      ),
    ],
  ])('of %s keeps the connection’s own address', (_name, header) => {
    expect(readProxyHeader(header)).toEqual({ length: header.length })
  })

  it.each([
    ['another protocol', text('EHLO mail.example.org\r\n')],
    ['lower case', text('proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n')],
    ['a bad address', text('PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n')],
    ['a bad IPv6 address', text('PROXY TCP6 1::2::3 ::1 1 2\r\n')],
    ['a bad port', text('PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n')],
    ['a missing field', text('PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n')],
    ['a line without CR', text('PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n')],
    ['a line that does not end (§2.1: 107 octets)', text(`PROXY TCP4 ${'1'.repeat(120)}`)],
    ['version 3', v2(0x31, 0x11, [])],
    ['an unknown command', v2(0x22, 0x11, [])],
    ['too few octets', v2(0x21, 0x11, [1, 2, 3])],
    [
      'more TLVs than anyone sends',
      v2(
        0x21,
        0x11,
        Array.from({ length: 5000 }, () => 0),
      ),
    ],
  ])('is not %s', (_name, header) => {
    expect(readProxyHeader(header)).toBe('invalid')
  })

  it('is demanded where it is asked for, and believed', async () => {
    const proxied = { host: '127.0.0.1', port: 0, proxyProtocol: true }
    const { worker, client } = await scene({ listeners: { smtp: proxied, submissions: proxied } })
    const smtp = await client('smtp')
    smtp.write('PROXY TCP4 192.0.2.77 127.0.0.1 5 25\r\nEHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\n')
    await smtp.expect(/^250 2\.1\.5/m)
    expect(worker.operations('recipient')[0]?.head.origin).toMatchObject({ clientAddress: '192.0.2.77' })
    const without = await client('smtp')
    without.write('EHLO c.example\r\n')
    expect(await without.untilClosed()).toBe('')
  })

  it('does not make a client local by its word: no plain-text login', async () => {
    const proxied = { host: '127.0.0.1', port: 0, proxyProtocol: true }
    const { client } = await scene({ listeners: { submission: proxied } })
    const smtp = await client('submission')
    smtp.write('PROXY TCP4 192.0.2.77 127.0.0.1 5 25\r\nEHLO c.example\r\n')
    expect(await smtp.expect(/^250 .*\r\n/m)).not.toMatch(/AUTH/)
  })

  it('counts connections by the address it names', async () => {
    const proxied = { host: '127.0.0.1', port: 0, proxyProtocol: true }
    const { client } = await scene({ listeners: { smtp: proxied }, limits: { connectionsPerAddress: 1 } })
    const from = async (address: string): Promise<string> => {
      const smtp = await client('smtp')
      return smtp.say(`PROXY TCP4 ${address} 127.0.0.1 5 25\r\n`, /\r\n/)
    }
    expect(await from('192.0.2.1')).toMatch(/^220/)
    expect(await from('192.0.2.1')).toMatch(/^421/)
    expect(await from('192.0.2.2')).toMatch(/^220/)
  })
})

describe('admission', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '::1'],
  ])('counts %s as %s (RFC 6177 §2)', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it('never loses count', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('10.0.0.1', '10.0.0.2', '127.0.0.1', '2001:db8::1', '2001:db8::2')),
        (all) => {
          const admission = new Admission({ total: 5, perAddress: 2, perLoopback: 3 })
          const inside: string[] = []
          for (const address of all) if (admission.enter(address) === undefined) inside.push(address)
          expect(admission.total).toBe(inside.length)
          expect(inside.length).toBeLessThanOrEqual(5)
          for (const address of inside) admission.leave(address)
          expect(admission.total).toBe(0)
          expect(admission.enter('10.0.0.1')).toBeUndefined()
        },
      ),
    )
  })
})

describe('failed logins', () => {
  it('are answered later and later for one network, up to a limit, and for that network only', () => {
    const penalty = new LoginPenalty({ failedLoginMs: 100, maxFailedLoginMs: 700 })
    const delays = Array.from({ length: 5 }, () => penalty.failed('192.0.2.1', 0))
    expect(delays).toEqual([100, 200, 400, 700, 700])
    expect(penalty.failed('192.0.2.2', 0)).toBe(100)
    expect(penalty.failed('2001:db8::1', 0)).toBe(100)
    expect(penalty.failed('2001:db8::2', 0)).toBe(200)
  })

  it('are forgotten after a while', () => {
    const penalty = new LoginPenalty({ failedLoginMs: 100, maxFailedLoginMs: 700 })
    penalty.failed('192.0.2.1', 0)
    expect(penalty.failed('192.0.2.1', 16 * 60_000)).toBe(100)
  })

  it('do not fill the memory', () => {
    const penalty = new LoginPenalty({ failedLoginMs: 100, maxFailedLoginMs: 700 })
    for (let i = 0; i < 50_000; i++) penalty.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i)
    // The first is forgotten, the last is not.
    expect(penalty.failed('10.0.0.0', 50_000)).toBe(100)
    expect(penalty.failed(`10.0.${49_999 >> 8}.${49_999 & 255}`, 50_000)).toBe(200)
  })
})

describe('an address', () => {
  it('is unwrapped from IPv6 and loses its zone', () => {
    expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(plainAddress('fe80::1%eth0')).toBe('fe80::1')
    expect(plainAddress('2001:db8::1')).toBe('2001:db8::1')
  })

  it.each(['127.0.0.1', '127.255.0.9', '::1'])('%s is loopback', (address) => expect(isLoopback(address)).toBe(true))
  it.each(['128.0.0.1', '::2', '127.0.0.1.example', ''])('%s is not', (address) =>
    expect(isLoopback(address)).toBe(false),
  )
})

describe('content', () => {
  it('comes out as it went in, whatever the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5000 })), (pieces) => {
        const content = new Content()
        for (const piece of pieces) content.append(piece)
        const whole = Buffer.concat(pieces)
        expect(content.size).toBe(whole.length)
        expect(Buffer.concat(content.take()).equals(whole)).toBe(true)
        expect(content.size).toBe(0)
      }),
    )
  })

  it('does not make an object of each byte', () => {
    const content = new Content()
    for (let i = 0; i < 1_000_000; i++) content.append(Uint8Array.of(i))
    expect(content.take().length).toBeLessThan(20)
  })

  it('has a bound over all messages', () => {
    const budget = new ContentBudget(10)
    expect(budget.hold(10)).toBe(true)
    expect(budget.exhausted).toBe(true)
    expect(budget.hold(1)).toBe(false)
    budget.free(10)
    expect(budget.held).toBe(0)
  })
})
