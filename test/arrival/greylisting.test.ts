import { beforeEach, describe, expect, it } from 'vitest'
import { checkRecipient, Greylisting, type Origin, parseNetworks, WaivedClients } from '../../src/arrival/index.ts'
import { GreylistStore } from '../../src/greylist/index.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'

const delayMs = 300_000

class Stage extends MemoryWorld {
  readonly store = new GreylistStore(memorySql())
  readonly calls: string[] = []
  readonly broken: unknown[] = []
  isDown = false

  constructor() {
    super()
    this.host('facteur.test', 'alice', 'bob')
    this.renew()
  }

  /** Another isolate: it remembers nobody. */
  renew(): void {
    const call = <Answer>(name: string, answer: () => Answer): Promise<Answer> => {
      this.calls.push(name)
      return this.isDown ? Promise.reject(new Error('unreachable')) : Promise.resolve(answer())
    }
    this.ports.greylisting = new Greylisting({
      list: {
        isFamiliar: (network) => call('isFamiliar', () => this.store.isFamiliar(network, this.clock.now())),
        meet: (network, triplet, delay) =>
          call('meet', () => this.store.meet(network, triplet, delay, this.clock.now())),
      },
      delayMs,
      trustedNetworks: parseNetworks('127.0.0.0/8') ?? [],
      dns: this.dns,
      timer: () => ({ over: new Promise<void>(() => {}), cancel: () => undefined }),
      clock: this.clock.now,
      hostname: this.hostname,
      digest: (octets) => crypto.subtle.digest('SHA-256', octets),
      waived: new WaivedClients(),
      onFault: (cause) => this.broken.push(cause),
    })
  }

  async rcpt(about: Partial<Origin> & { from?: string; to?: string } = {}): Promise<string> {
    const { from = 'eve@outside.test', to = 'alice@facteur.test', ...more } = about
    const origin: Origin = {
      kind: 'smtp',
      clientAddress: '192.0.2.7',
      helo: 'mx.outside.test',
      transactionId: 't',
      ...more,
    }
    const { code, enhanced, text } = await checkRecipient({ recipient: to, reversePath: from, origin }, this.ports)
    return code === 250 ? '250' : `${code} ${enhanced} ${String(text)}`
  }

  later(milliseconds: number): void {
    this.clock.moveTo(this.clock.now() + milliseconds)
  }
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

const putOff = '451 4.7.1 Greylisted: please try again in 300 seconds'

describe('a newcomer', () => {
  it('is told how long to wait, and is taken when it has waited (RFC 6647 §5)', async () => {
    expect(await stage.rcpt()).toBe(putOff)
    stage.later(100_500)
    expect(await stage.rcpt()).toBe('451 4.7.1 Greylisted: please try again in 200 seconds')
    stage.later(200_000)
    expect(await stage.rcpt()).toBe('250')
  })

  it('is known from then on with all its neighbours in the /24, for any sender and recipient', async () => {
    await stage.rcpt()
    stage.later(delayMs)
    expect(await stage.rcpt({ clientAddress: '192.0.2.200' })).toBe('250')
    expect(await stage.rcpt({ clientAddress: '192.0.2.1', from: '', to: 'bob@facteur.test' })).toBe('250')
    stage.renew()
    expect(await stage.rcpt({ clientAddress: '192.0.2.9', from: 'x@y.test' })).toBe('250')
    expect(await stage.rcpt({ clientAddress: '192.0.3.7' })).toBe(putOff)
  })

  it('over IPv6 is its /64', async () => {
    await stage.rcpt({ clientAddress: '2001:db8:0:1::5' })
    stage.later(delayMs)
    expect(await stage.rcpt({ clientAddress: '2001:db8:0:1:ffff::9' })).toBe('250')
    expect(await stage.rcpt({ clientAddress: '2001:db8:0:2::5' })).toBe(putOff)
  })

  it('is not known for having sent something else meanwhile', async () => {
    await stage.rcpt()
    stage.later(delayMs)
    expect(await stage.rcpt({ from: 'other@outside.test' })).toBe(putOff)
    expect(await stage.rcpt({ to: 'bob@facteur.test' })).toBe(putOff)
  })

  it('once known costs no call to the object, and one when this isolate has not met it', async () => {
    await stage.rcpt()
    stage.later(delayMs)
    await stage.rcpt()
    stage.calls.length = 0
    await stage.rcpt({ from: 'another@outside.test' })
    expect(stage.calls).toEqual([])
    stage.renew()
    await stage.rcpt()
    expect(stage.calls).toEqual(['isFamiliar'])
  })
})

describe('nobody is put off', () => {
  it('whom SPF shows to be the sender’s own server (RFC 7208), and nothing is kept of it', async () => {
    stage.dns.set('outside.test', { TXT: ['v=spf1 ip4:192.0.2.7 -all'] })
    expect(await stage.rcpt()).toBe('250')
    expect(await stage.rcpt({ clientAddress: '192.0.2.8' })).toBe(putOff)
    expect(stage.calls).toEqual(['isFamiliar', 'isFamiliar', 'meet'])
  })

  it('whose HELO name SPF confirms, where the sender is null (RFC 7208 §2.4)', async () => {
    stage.dns.set('mx.outside.test', { TXT: ['v=spf1 a -all'], A: ['192.0.2.7'] })
    expect(await stage.rcpt({ from: '' })).toBe('250')
  })

  it.each<[string, Partial<Origin>]>([
    ['on a list of good clients', { screened: { welcome: true } }],
    ['in a trusted network', { clientAddress: '127.0.0.1' }],
    ['who has logged in', { kind: 'submission', accountId: 'alice' }],
    ['whose address is not known', { kind: 'email-routing' }],
  ])('%s', async (_, about) => {
    expect(await stage.rcpt(about)).toBe('250')
    expect(stage.calls).toEqual([])
  })

  it.each(['postmaster@facteur.test', 'abuse@facteur.test', 'PostMaster@facteur.test'])(
    'who writes to %s (RFC 5321 §4.5.1)',
    async (to) => {
      stage.domain('facteur.test').setAlias('abuse', ['alice@facteur.test'])
      stage.domain('facteur.test').setAlias('postmaster', ['alice@facteur.test'])
      expect(await stage.rcpt({ to })).toBe('250')
    },
  )

  it('while the list cannot be asked', async () => {
    stage.isDown = true
    expect(await stage.rcpt()).toBe('250')
    expect(stage.broken).toHaveLength(1)
  })
})

it('an address that does not exist is refused at once: waiting would tell nobody more', async () => {
  expect(await stage.rcpt({ to: 'nobody@facteur.test' })).toMatch(/^550 5\.1\.1 /)
  expect(await stage.rcpt({ to: 'x@elsewhere.test' })).toMatch(/^550 5\.7\.1 /)
  expect(stage.calls).toEqual([])
})

it('who is waived is remembered for a while, and only so many', () => {
  const waived = new WaivedClients(2)
  for (const client of ['a', 'b', 'c']) waived.add(client, 0)
  expect(['a', 'b', 'c'].map((client) => waived.has(client, 1))).toEqual([false, true, true])
  expect(waived.has('c', 11 * 60_000)).toBe(false)
})
