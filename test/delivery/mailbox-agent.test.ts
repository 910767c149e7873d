import { describe, expect, test } from 'vitest'
import { chooseAgent, MailboxAgent } from '../../src/delivery/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { Recipient } from '../../src/protocol/smtp/index.ts'
import type { DeliveryJob } from '../../src/queue/index.ts'

const text = 'From: eve@outside.test\r\nReceived: by mx.facteur.test; Mon, 23 Nov 2026 08:00:00 +0000\r\n\r\nHello\r\n'

function stage() {
  const world = new MemoryWorld()
  const domain = world.host('facteur.test', 'alice', 'bob')
  const agent = new MailboxAgent(world.ports, world.hostname)
  return { world, domain, deliver: (...recipients: (string | Recipient)[]) => agent.deliver(job(recipients)) }
}

function job(recipients: (string | Recipient)[], domain = 'facteur.test'): DeliveryJob {
  const list = recipients.map((recipient) => (typeof recipient === 'string' ? { address: recipient } : recipient))
  const envelope = { reversePath: 'eve@outside.test', smtputf8: false, body: '7BIT' as const, recipients: list }
  return { id: '1', domain, raw: new TextEncoder().encode(text), envelope }
}

const full = { status: 'bounced' as const, reply: { code: 552, enhanced: '5.2.2', text: 'Mailbox is full' } }

describe('MailboxAgent', () => {
  test('delivers, refuses and defers, each recipient for itself', async () => {
    const { world, deliver } = stage()
    world.mailbox('bob').refusal = new Error('away')
    expect(await deliver('alice@facteur.test', 'bob@facteur.test', 'nobody@facteur.test')).toMatchObject([
      { recipient: 'nobody@facteur.test', status: 'bounced', reply: { enhanced: '5.1.1' } },
      { recipient: 'alice@facteur.test', status: 'delivered', success: 'final', remoteMta: 'mx.facteur.test' },
      { recipient: 'bob@facteur.test', status: 'deferred', reply: { code: 451 } },
    ])
    expect(world.mailbox('alice').last).toMatch(
      /^Return-Path: <eve@outside\.test>\r\nDelivered-To: alice@facteur\.test\r\n/,
    )
  })

  test('routes again: an account that became an alias to the outside goes out', async () => {
    const { world, domain, deliver } = stage()
    domain.setAlias('carol', ['carol@elsewhere.test'])
    expect(await deliver({ address: 'carol@facteur.test', notify: ['SUCCESS'] })).toMatchObject([
      { status: 'delivered', success: 'passed' },
    ])
    expect(world.queue('elsewhere.test').list()).toMatchObject([
      { recipients: [{ address: 'carol@elsewhere.test', notify: ['SUCCESS'] }] },
    ])
  })

  test('an alias of many is done when every part is somewhere; what failed becomes an entry of its own', async () => {
    const { world, domain, deliver } = stage()
    domain.setAlias('all', ['alice@facteur.test', 'bob@facteur.test', 'gone@facteur.test'])
    world.mailbox('bob').refusal = full
    expect(await deliver('all@facteur.test')).toMatchObject([
      { recipient: 'all@facteur.test', status: 'delivered', success: 'expanded' },
    ])
    expect(world.mailbox('alice').messages).toHaveLength(1)
    expect(world.queue('facteur.test').list()).toMatchObject([
      {
        recipients: [
          { address: 'bob@facteur.test', owed: 'failed' },
          { address: 'gone@facteur.test', owed: 'failed', orcpt: 'rfc822;all@facteur.test' },
        ],
      },
    ])
  })

  test('an alias none of whose parts can be served now waits as a whole', async () => {
    const { world, domain, deliver } = stage()
    domain.setAlias('all', ['alice@facteur.test', 'bob@facteur.test'])
    world.mailbox('alice').refusal = world.mailbox('bob').refusal = new Error('away')
    expect(await deliver('all@facteur.test')).toMatchObject([{ status: 'deferred', reply: { code: 451 } }])
    expect(world.queue('facteur.test').size).toBe(0)
  })

  test('a queue that refuses a part leaves the alias deferred', async () => {
    const { world, domain, deliver } = stage()
    domain.setAlias('all', ['alice@facteur.test', 'gone@facteur.test'])
    world.fullQueues.add('facteur.test')
    expect(await deliver('all@facteur.test')).toMatchObject([{ status: 'deferred', enhanced: '4.3.0' }])
  })

  test('an alias and one of its members together: the member is served once', async () => {
    const { world, domain, deliver } = stage()
    domain.setAlias('all', ['alice@facteur.test', 'bob@facteur.test'])
    expect(await deliver('all@facteur.test', 'alice@facteur.test')).toMatchObject([
      { recipient: 'all@facteur.test', success: 'expanded' },
      { recipient: 'alice@facteur.test', status: 'delivered' },
    ])
    expect([world.mailbox('alice').messages.length, world.mailbox('bob').messages.length]).toEqual([1, 1])
  })

  test('an alias and one of its members that cannot be served now: the alias leaves it to the queue, once', async () => {
    const { world, domain, deliver } = stage()
    domain.setAlias('all', ['alice@facteur.test', 'bob@facteur.test'])
    world.mailbox('alice').refusal = new Error('away')
    expect(await deliver('all@facteur.test', 'alice@facteur.test')).toMatchObject([
      { recipient: 'all@facteur.test', success: 'expanded' },
      { recipient: 'alice@facteur.test', status: 'delivered', success: 'passed' },
    ])
    expect(world.queue('facteur.test').list()).toMatchObject([
      { recipients: [{ address: 'alice@facteur.test', state: 'waiting' }] },
    ])
  })

  test('a directory that is away defers everything', async () => {
    const { world, deliver } = stage()
    world.directoryDown = true
    expect(await deliver('alice@facteur.test')).toMatchObject([{ status: 'deferred', reply: { code: 451 } }])
  })
})

const named = (name: string) => ({
  deliver: async (work: DeliveryJob) =>
    work.envelope.recipients.map(({ address }) => ({
      recipient: address,
      status: 'delivered' as const,
      remoteMta: name,
      at: 0,
    })),
})

describe('chooseAgent', () => {
  test('hosted domains go to mailboxes, others to the relay; a domain that moves is followed', async () => {
    const { world } = stage()
    const { directory } = world.ports
    const agent = chooseAgent({ directory, mailbox: named('mailbox'), relay: named('relay'), clock: () => 0 })
    const chosen = async (domain: string) => (await agent.deliver(job([`x@${domain}`], domain)))[0]?.remoteMta
    expect([await chosen('facteur.test'), await chosen('new.test')]).toEqual(['mailbox', 'relay'])
    world.host('new.test')
    expect(await chosen('new.test')).toBe('mailbox')
    world.directoryDown = true
    expect(await agent.deliver(job(['x@facteur.test']))).toMatchObject([{ status: 'deferred', enhanced: '4.3.0' }])
  })
})
