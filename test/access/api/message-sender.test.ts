import { describe, expect, it } from 'vitest'
import { MessageSender, type SenderPorts, type SendOrder } from '../../../src/access/api/index.ts'
import type { Acceptance, Arrival } from '../../../src/arrival/index.ts'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'
import { MailStore } from '../../../src/mailbox/index.ts'
import type { Reply } from '../../../src/protocol/smtp/index.ts'

const now = Date.UTC(2026, 10, 23)
const taken: Acceptance = { reply: { code: 250, enhanced: '2.0.0', text: 'taken' }, delivered: [] }

/** An account `a1` with the address alice@a.test, in a house whose other addresses are far away. */
function world(more: Partial<SenderPorts> = {}) {
  const store = new MailStore({ sql: memorySql(), now: () => now })
  store.create({ address: 'alice@a.test', name: '' })
  const arrivals: Arrival[] = []
  const faults: string[] = []
  const wakeups: number[] = []
  const sender = new MessageSender({
    store,
    accountId: 'a1',
    directory: {
      async lookup(domain, localPart) {
        if (domain !== 'a.test') return { kind: 'foreign' }
        if (localPart !== 'alice') return { kind: 'unknown' }
        return { kind: 'account', accountId: 'a1', address: 'alice@a.test' }
      },
    },
    accept: async (arrival) => {
      arrivals.push(arrival)
      return taken
    },
    suppressed: () => new Map(),
    clock: () => now,
    wakeAt: (time) => void wakeups.push(time),
    onFault: (where) => void faults.push(where),
    ...more,
  })
  return { store, sender, arrivals, faults, wakeups }
}

function order(more: Partial<SendOrder> = {}): SendOrder {
  const raw = encodeUtf8('From: alice@a.test\r\nTo: bob@far.test\r\nSubject: x\r\n\r\nHello\r\n')
  const recipients = ['bob@far.test']
  return { raw, from: 'alice@a.test', recipients, transactionId: 't1', tag: 'tag', copy: false, ...more }
}

describe('sending of a message', () => {
  it('asks once whether the sender is its own, who is its author too', async () => {
    const asked: string[] = []
    const directory: SenderPorts['directory'] = {
      async lookup(domain, localPart) {
        asked.push(`${localPart}@${domain}`)
        return domain === 'a.test' ? { kind: 'account', accountId: 'a1', address: 'alice@a.test' } : { kind: 'foreign' }
      },
    }
    const { sender, arrivals } = world({ directory })
    await sender.send([order()])
    expect(asked).toEqual(['alice@a.test', 'bob@far.test'])
    expect(arrivals).toHaveLength(1)
  })

  it('goes through the door of submissions, for those who can be reached', async () => {
    const { sender, arrivals } = world()
    const recipients = ['bob@far.test', 'nobody@a.test', 'carol@far.test']
    const [outcome] = await sender.send([order({ recipients })])
    expect(outcome).toMatchObject({
      kind: 'sent',
      sent: {
        recipients: [
          { status: 'queued' },
          { status: 'refused', reply: expect.stringMatching(/^550/) },
          { status: 'queued' },
        ],
      },
    })
    expect(arrivals).toMatchObject([
      {
        origin: { kind: 'submission', accountId: 'a1', transactionId: 't1' },
        envelope: {
          reversePath: 'alice@a.test',
          recipients: [{ address: 'bob@far.test' }, { address: 'carol@far.test' }],
        },
      },
    ])
  })

  it.each([
    ['a sender of somebody else', { from: 'eve@far.test' }, 553],
    ['an author of somebody else', { raw: encodeUtf8('From: eve@far.test\r\n\r\nx') }, 550],
    ['no author', { raw: encodeUtf8('Subject: x\r\n\r\nx') }, 554],
    ['nobody who can be reached', { recipients: ['nobody@a.test'] }, 550],
  ])('with %s is refused, and nothing is handed over', async (_, more, code) => {
    const { sender, arrivals } = world()
    expect(await sender.send([order(more)])).toMatchObject([{ kind: 'refused', reply: { code } }])
    expect(arrivals).toEqual([])
  })

  it('that is refused for now stays so for itself: the others go', async () => {
    const directory: SenderPorts['directory'] = {
      async lookup(domain) {
        if (domain === 'down.test') throw new Error('the object of the domain is down')
        return domain === 'a.test' ? { kind: 'account', accountId: 'a1', address: 'alice@a.test' } : { kind: 'foreign' }
      },
    }
    const { sender, faults } = world({ directory })
    const raw = encodeUtf8('From: alice@a.test, other@down.test\r\n\r\nx')
    const outcomes = await sender.send([order({ raw }), order()])
    expect(outcomes).toMatchObject([{ kind: 'refused', reply: { code: 451 } }, { kind: 'sent' }])
    expect(faults).toEqual(['sending of a message'])
  })

  it('is refused where the account is gone', async () => {
    const store = new MailStore({ sql: memorySql(), now: () => now })
    const { sender } = world({ store })
    expect(await sender.send([order({ key: 'k' })])).toEqual([{ kind: 'no account' }])
  })

  it('for later keeps the message, and asks to be woken (RFC 4865)', async () => {
    const { sender, store, arrivals, wakeups } = world()
    const [outcome] = await sender.send([order({ sendAt: now + 60_000, recipients: ['bob@far.test', 'no@a.test'] })])
    expect(outcome).toMatchObject({
      kind: 'sent',
      sent: { sendAt: now + 60_000, recipients: [{ status: 'scheduled' }, { status: 'refused' }] },
    })
    expect([arrivals, wakeups]).toEqual([[], [now + 60_000]])
    expect(store.submissions()).toMatchObject([
      { undoStatus: 'pending', tag: 'tag', envelope: { rcptTo: [{ email: 'bob@far.test' }] } },
    ])
  })

  it('whose time has come already goes now', async () => {
    const { sender, arrivals } = world()
    await sender.send([order({ sendAt: now })])
    expect(arrivals).toHaveLength(1)
  })
})

describe('a key', () => {
  const keyed = { key: 'k', fingerprint: 'f' }

  it('is for one message, in one call, side by side, and later', async () => {
    const { sender, arrivals } = world()
    const first = sender.send([order(keyed), order(keyed)])
    const second = sender.send([order(keyed)])
    const outcomes = [...(await first), ...(await second), ...(await sender.send([order(keyed)]))]
    expect(outcomes.map((outcome) => outcome.kind === 'sent' && outcome.isRepeated)).toEqual([false, true, true, true])
    expect(arrivals).toHaveLength(1)
  })

  it('of another message is refused, also while the first is under way', async () => {
    const { sender } = world()
    const first = sender.send([order(keyed)])
    expect(await sender.send([order({ ...keyed, fingerprint: 'g' })])).toEqual([{ kind: 'key used' }])
    await first
    expect(await sender.send([order({ ...keyed, fingerprint: 'g' })])).toEqual([{ kind: 'key used' }])
  })

  it('is free again after a refusal', async () => {
    const replies: Reply[] = [{ code: 451, text: 'later' }, taken.reply]
    const { sender } = world({ accept: async () => ({ reply: replies.shift() as Reply }) })
    expect(await sender.send([order(keyed)])).toMatchObject([{ kind: 'refused' }])
    expect(await sender.send([order(keyed)])).toMatchObject([{ kind: 'sent', isRepeated: false }])
  })

  it('waits for no more than so many others', async () => {
    const { promise: gate, resolve: release } = Promise.withResolvers<void>()
    const { sender } = world({
      accept: async () => {
        await gate
        return taken
      },
    })
    const many = sender.send(Array.from({ length: 200 }, (_, n) => order({ key: `k${n}`, fingerprint: '' })))
    const more = await sender.send([order(keyed)])
    expect(more).toMatchObject([{ kind: 'refused', reply: { code: 451 } }])
    release()
    expect((await many).every(({ kind }) => kind === 'sent')).toBe(true)
    expect(await sender.send([order(keyed)])).toMatchObject([{ kind: 'sent' }])
  })
})
