import { describe, expect, it } from 'vitest'
import { deletedFlag, StoreError, type MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, message, newStore } from './harness.ts'

const inbox = (store: MailStore) => store.mailboxByRole('inbox')!.id
const uids = (store: MailStore) => [...store.view(inbox(store)).uidList()]

/** Three messages of 100, 200 and 300 octets. */
async function three(): Promise<{ store: MailStore; client: Client; ids: number[] }> {
  const store = newStore()
  deliver(store, [message(100), message(200), message(300)])
  return { store, client: await Client.open(store), ids: uids(store) }
}

describe('the maildrop', () => {
  it('is INBOX as it was at login: new mail comes with the next session (RFC 1939 §4)', async () => {
    const { store, client } = await three()
    deliver(store, message(400))
    expect(await client.command('STAT')).toEqual(['+OK 3 600'])
    expect(await client.command('RETR 4')).toEqual(['-ERR No such message'])
    await client.command('QUIT')
    expect(await (await Client.open(store)).command('STAT')).toEqual(['+OK 4 1000'])
  })

  it('has no messages of other mailboxes, and none that are marked \\Deleted', async () => {
    const { store, ids } = await three()
    deliver(store, message(400), 'archive')
    store.setFlags(inbox(store), [ids[1]!], { add: [deletedFlag] })
    const client = await Client.open(store)
    expect(await client.command('LIST')).toEqual(['+OK 2 messages (400 octets)', '1 100', '2 300', '.'])
    await client.command('DELE 2')
    await client.command('QUIT')
    expect(uids(store)).toEqual(ids.slice(0, 2))
  })

  it('keeps its numbers and sizes when others mark and remove messages', async () => {
    const { store, client, ids } = await three()
    store.setFlags(inbox(store), [ids[0]!], { add: [deletedFlag] })
    store.expunge(inbox(store), [ids[1]!])
    expect(await client.command('LIST')).toEqual(['+OK 3 messages (600 octets)', '1 100', '2 200', '3 300', '.'])
    expect((await client.command('RETR 1'))[0]).toBe('+OK 100 octets')
    expect(await client.command('RETR 2')).toEqual(['-ERR The message has been removed by another client'])
    expect((await client.command('RETR 3'))[0]).toBe('+OK 300 octets')
  })

  it('still gives a message that was moved away', async () => {
    const { store, client, ids } = await three()
    store.move(inbox(store), [ids[1]!], store.mailboxByRole('archive')!.id)
    expect((await client.command('RETR 2'))[0]).toBe('+OK 200 octets')
    await client.command('DELE 2')
    expect(await client.command('QUIT')).toEqual(['+OK 1 messages deleted'])
    expect(store.view(store.mailboxByRole('archive')!.id).length).toBe(1)
  })
})

describe('unique-ids (RFC 1939 §7)', () => {
  it('stay with a message over sessions and restarts, and are never used again', async () => {
    const { store, client } = await three()
    const listed = await client.command('UIDL')
    await client.send('DELE 3\r\nQUIT\r\n')
    deliver(store, message(300))
    const again = await (await Client.open(store)).command('UIDL')
    expect(again.slice(1, 3)).toEqual(listed.slice(1, 3))
    expect(again[3]).toMatch(/^3 [!-~]{1,70}$/)
    expect(again[3]).not.toBe(listed[3])
  })

  it('tell copies in one mailbox apart, and know a message that went away and came back', async () => {
    const { store, ids } = await three()
    const before = await (await Client.open(store)).command('UIDL 1')
    store.copy(inbox(store), [ids[0]!], inbox(store))
    const archive = store.mailboxByRole('archive')!.id
    const { destination } = store.move(inbox(store), [ids[0]!], archive)
    store.move(archive, destination, inbox(store))
    const all = (await (await Client.open(store)).command('UIDL')).slice(1, -1).map((line) => line.split(' ')[1])
    expect(new Set(all).size).toBe(4)
    expect(all).toContain(before[0]?.split(' ')[2])
  })
})

describe('QUIT (RFC 1939 §6)', () => {
  it('removes all marked messages in one commit', async () => {
    const { store, client, ids } = await three()
    let commits = 0
    store.onCommit(() => commits++)
    expect(await client.send('DELE 1\r\nDELE 3\r\nQUIT\r\n')).toContain('+OK 2 messages deleted\r\n')
    expect(commits).toBe(1)
    expect(uids(store)).toEqual([ids[1]])
    expect(client.controls).toEqual([{ close: true }])
  })

  it('takes a message out of INBOX and leaves it in its other mailboxes', async () => {
    const { store, client, ids } = await three()
    store.copy(inbox(store), [ids[0]!], store.mailboxByRole('archive')!.id)
    await client.send('DELE 1\r\nQUIT\r\n')
    expect(uids(store)).toEqual(ids.slice(1))
    expect(store.view(store.mailboxByRole('archive')!.id).length).toBe(1)
  })

  it('removes nothing when it cannot remove all, and says so', async () => {
    const { store, client, ids } = await three()
    store.expunge = () => {
      throw new StoreError('unavailable', 'the disk is full')
    }
    await client.send('DELE 1\r\nDELE 2\r\n')
    expect(await client.command('QUIT')).toEqual([
      '-ERR [SYS/TEMP] All 2 messages marked are still there: the disk is full',
    ])
    expect(uids(store)).toEqual(ids)
    expect(client.session.closed).toBe(true)
  })

  it('tells of a bug to the log and not to the client', async () => {
    const { store, client } = await three()
    const bug = new Error('secret')
    store.expunge = () => {
      throw bug
    }
    await client.send('DELE 1\r\n')
    expect((await client.command('QUIT'))[0]).not.toContain('secret')
    expect(client.errors).toEqual([bug])
  })

  it('has nothing to do with a message that somebody else has removed', async () => {
    const { store, client, ids } = await three()
    store.expunge(inbox(store), [ids[0]!])
    expect(await client.send('DELE 1\r\nDELE 2\r\nQUIT\r\n')).toContain('+OK 2 messages deleted\r\n')
    expect(uids(store)).toEqual([ids[2]])
  })

  it.each([
    ['a connection that is lost', (client: Client) => client.leave()],
    ['an object that is lost', (client: Client) => void client.hibernate()],
  ])('alone removes: not %s', async (_, end) => {
    const { store, client, ids } = await three()
    await client.send('DELE 1\r\nDELE 2\r\nRSET\r\nDELE 3\r\n')
    end(client)
    expect(uids(store)).toEqual(ids)
  })
})

describe('hibernation', () => {
  it('keeps numbers, marks, sizes and half a command', async () => {
    const { store, client } = await three()
    store.setFlags(inbox(store), [uids(store)[0]!], { add: [deletedFlag] })
    await client.send('DELE 2\r\nRETR')
    client.hibernate()
    expect(await client.send(' 3\r\n')).toMatch(/^\+OK 300 octets/)
    deliver(store, message(400))
    client.hibernate()
    expect(await client.command('LIST')).toEqual(['+OK 2 messages (400 octets)', '1 100', '3 300', '.'])
    expect(await client.command('LIST 2')).toEqual(['-ERR Message 2 is marked as deleted'])
    expect(await client.command('QUIT')).toEqual(['+OK 1 messages deleted'])
    expect(uids(store)).toHaveLength(3)
  })

  it('keeps what was hidden hidden, though its mark was taken off since', async () => {
    const { store, ids } = await three()
    store.setFlags(inbox(store), ids.slice(0, 2), { add: [deletedFlag] })
    const client = await Client.open(store)
    store.setFlags(inbox(store), ids, { remove: [deletedFlag] })
    expect(client.hibernate().maildrop.hidden).toEqual([ids[0], ids[1]])
    expect(await client.command('LIST')).toEqual(['+OK 1 messages (300 octets)', '1 300', '.'])
  })

  it('keeps the numbers of messages that others have removed', async () => {
    const { store, client, ids } = await three()
    const odd = 'Subject: odd\n\nx'
    deliver(store, odd)
    client.leave()
    const again = await Client.open(store)
    store.expunge(inbox(store), [ids[1]!, ids[2]! + 1])
    store.move(inbox(store), [ids[0]!], store.mailboxByRole('archive')!.id)
    again.hibernate()
    again.hibernate()
    const total = 600 + odd.length + 4
    expect(await again.command('STAT')).toEqual([`+OK 4 ${total}`])
    expect(await again.command('LIST 4')).toEqual([`+OK 4 ${odd.length + 4}`])
    expect((await again.command('RETR 1'))[0]).toBe('+OK 100 octets')
    expect(await again.command('RETR 2')).toEqual(['-ERR The message has been removed by another client'])
    expect((await again.command('RETR 3'))[0]).toBe('+OK 300 octets')
  })

  it('is not possible with more marks than a socket can keep, and then the session stays', async () => {
    const store = newStore()
    deliver(
      store,
      Array.from({ length: 40 }, () => message(50)),
    )
    const client = await Client.open(store, { limits: { state: 10 } })
    for (let n = 1; n <= 30; n++) await client.command(`DELE ${n}`)
    expect(client.session.state()?.maildrop.marked).toEqual([1, 30])
    await client.command('RSET')
    for (let n = 1; n <= 30; n += 2) await client.command(`DELE ${n}`)
    expect(client.session.state()).toBeUndefined()
  })

  it('ends the session when what it saw is not known any more', async () => {
    const { store, client, ids } = await three()
    const unsubscribed = client.session.state()
    client.leave()
    store.expunge(inbox(store), [ids[0]!])
    expect(() => client.hibernate()).toThrow('cannot be resumed')
    expect(unsubscribed).toBeDefined()
  })

  it('has no state while messages are on their way', async () => {
    const store = newStore()
    deliver(store, message(500_000))
    const client = await Client.open(store, { limits: { outputWindow: 1000 }, reading: false })
    const done = client.send('RETR 1\r\nRETR 1\r\n')
    for (let turn = 0; turn < 100; turn++) await Promise.resolve()
    expect(client.session.state()).toBeUndefined()
    client.reading = true
    client.session.acknowledge(10_000_000)
    await done
    expect(client.session.state()).toBeDefined()
  })
})
