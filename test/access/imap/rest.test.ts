/**
 * Sessions that are no more than their state for a while, and what they make of what has happened meanwhile (RFC 9051 §5.2).
 */
import { describe, expect, it } from 'vitest'
import { endsRest, restOf } from '../../../src/access/imap/index.ts'
import type { Commit } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

async function idling(): Promise<Client> {
  const client = await new Client(newStore()).select()
  expect(await client.send('i IDLE\r\n')).toBe('+ idling\r\n')
  return client
}

interface Returned {
  readonly client: Client
  /** What it says by itself. */
  readonly told: string
}

/** The session is handed out, `meanwhile` happens with nobody there to hear of it, and it goes on from its state. */
async function rest(before: Client, meanwhile: () => Promise<unknown> | void): Promise<Returned> {
  const state = before.session.state()!
  expect(restOf(state)).toBeDefined()
  before.leave()
  await meanwhile()
  const client = new Client(before.store)
  client.session.state = () => JSON.parse(JSON.stringify(state)) as typeof state
  client.hibernate()
  await client.session.receive(new Uint8Array())
  return { client, told: client.take() }
}

describe('what a session waits for', () => {
  it('is its mailbox in IDLE (RFC 2177), nothing between commands, and nothing where none is selected', async () => {
    const client = await idling()
    const inbox = client.store.mailboxByRole('inbox')!.id
    expect(restOf(client.session.state()!)).toEqual({ mailbox: inbox })
    await client.send('DONE\r\n')
    expect(restOf(client.session.state()!)).toEqual({})
    await client.command('UNSELECT')
    await client.send('i IDLE\r\n')
    expect(restOf(client.session.state()!)).toEqual({})
  })

  it.each([
    ['NOTIFY (RFC 5465)', 'a NOTIFY SET (SELECTED (MessageNew MessageExpunge))\r\n'],
    ['a search whose results it follows (RFC 5267)', 'a SEARCH RETURN (UPDATE COUNT) UNSEEN\r\n'],
    ['half a command', 'a NOO'],
    ['half a literal', 'a APPEND INBOX {100}\r\nSubject: '],
  ])('is more than one mailbox with %s', async (_, text) => {
    const client = await new Client(newStore()).select()
    await client.send(text)
    const state = client.session.state()
    expect(state === undefined ? undefined : restOf(state)).toBeUndefined()
  })

  it.each([
    ['the mailbox of another is selected', { visiting: {} }],
    ['mailboxes of others are watched', { watched: [] }],
    ['of a field of the state that is not known here', { elsewhere: {} }],
  ])('is more where %s', (_, more) => {
    expect(restOf({ version: 1, enabled: [] })).toEqual({})
    expect(restOf({ version: 1, enabled: [], ...more } as never)).toBeUndefined()
  })

  it('ends by a commit to that mailbox, or by its end', async () => {
    const { store } = await idling()
    const commits: Commit[] = []
    store.onCommit((commit) => commits.push(commit))
    const inbox = store.mailboxByRole('inbox')!.id
    const other = new Client(store)
    deliver(store, simple)
    deliver(store, simple, 'sent')
    await other.command('CREATE gone')
    const gone = [...store.mailboxes()].find(({ name }) => name === 'gone')!.id
    await other.command('DELETE gone')
    expect(commits.map((commit) => endsRest({ mailbox: inbox }, commit))).toEqual([true, false, false, false])
    expect(endsRest({ mailbox: gone }, commits.at(-1)!)).toBe(true)
    expect(endsRest({}, commits[0]!)).toBe(false)
  })
})

describe('a session that comes back', () => {
  it('tells a client in IDLE at once what has come, changed and gone', async () => {
    const before = await idling()
    const { store } = before
    const inbox = store.mailboxByRole('inbox')!.id
    const uids = deliver(store, [simple, simple])
    before.take()
    const { client, told } = await rest(before, () => {
      deliver(store, simple)
      store.setFlags(inbox, [uids[1]!], { add: ['$flagged'] })
      store.expunge(inbox, [uids[0]!])
    })
    expect(told).toBe(`* 1 EXPUNGE\r\n* 2 EXISTS\r\n* 1 FETCH (UID ${uids[1]} FLAGS (\\Flagged))\r\n`)
    expect(await client.send('DONE\r\n')).toBe('i OK Idle ended\r\n')
  })

  it('says nothing where nothing has happened', async () => {
    const { client, told } = await rest(await idling(), () => {})
    expect(told).toBe('')
    expect(await client.send('DONE\r\n')).toBe('i OK Idle ended\r\n')
  })

  it('tells a client between commands with its next one, and no EXPUNGE with FETCH (RFC 9051 §7.5.1)', async () => {
    const store = newStore()
    const uids = deliver(store, [simple, simple])
    const { client, told } = await rest(await new Client(store).select(), () => {
      deliver(store, simple)
      store.expunge(store.mailboxByRole('inbox')!.id, [uids[0]!])
    })
    expect(told).toBe('')
    const fetched = await client.command('FETCH 2 UID')
    expect(fetched.join('\n')).not.toContain('EXPUNGE')
    expect(fetched).toContain('* 3 EXISTS')
    expect(await client.command('NOOP')).toContain('* 1 EXPUNGE')
  })

  it('still has the saved result of a search, without what has gone (RFC 9051 §6.4.4.1)', async () => {
    const store = newStore()
    const uids = deliver(store, [simple, simple, simple])
    const before = await new Client(store).select()
    await before.command('SEARCH RETURN (SAVE) 2:3')
    const { client } = await rest(before, () => void store.expunge(store.mailboxByRole('inbox')!.id, [uids[1]!]))
    await client.command('NOOP')
    expect((await client.command('FETCH $ UID'))[0]).toBe(`* 2 FETCH (UID ${uids[2]})`)
  })

  it.each([
    ['nothing', []],
    ['IMAP4rev2', ['ENABLE IMAP4rev2', 'SELECT INBOX']],
    ['UTF8=ACCEPT (RFC 9755)', ['ENABLE UTF8=ACCEPT', 'SELECT INBOX']],
    ['UIDONLY (RFC 9586)', ['ENABLE UIDONLY', 'SELECT INBOX']],
    ['QRESYNC and what follows from it (RFC 7162)', ['ENABLE QRESYNC', 'SELECT INBOX']],
    ['CONDSTORE by the way (RFC 7162 §3.1)', ['SELECT INBOX (CONDSTORE)']],
    ['COMPRESS (RFC 4978)', ['COMPRESS DEFLATE', 'SELECT INBOX']],
    ['EXAMINE', ['EXAMINE INBOX']],
    ['a saved result (RFC 9051 §6.4.4.1)', ['SELECT INBOX', 'SEARCH RETURN (SAVE) SEEN']],
    ['commands that were wrong', ['SELECT INBOX', 'BAD', 'BAD']],
  ])('is what it was with %s, and so is what it waits for', async (_, commands) => {
    const before = new Client(newStore())
    deliver(before.store, [simple, simple], 'inbox', ['$seen'])
    for (const command of commands) await before.command(command)
    const state = before.session.state()!
    const { client, told } = await rest(before, () => {})
    expect(told).toBe('')
    expect(client.session.state()).toEqual(state)
    expect(await client.send('i IDLE\r\n')).toBe('+ idling\r\n')
  })

  it('tells with VANISHED who knows messages by UID alone (RFC 9586 §3.2)', async () => {
    const store = newStore()
    const uids = deliver(store, [simple, simple])
    const before = new Client(store)
    await before.command('ENABLE UIDONLY')
    await before.select()
    await before.send('i IDLE\r\n')
    const { told } = await rest(before, () => void store.expunge(store.mailboxByRole('inbox')!.id, [uids[0]!]))
    expect(told).toBe(`* VANISHED ${uids[0]}\r\n`)
  })

  it('says BYE when its mailbox is gone', async () => {
    const before = new Client(newStore())
    await before.command('CREATE gone')
    await before.select('gone')
    const { client, told } = await rest(before, () => new Client(before.store).command('DELETE gone'))
    expect(told).toBe('* BYE The selected mailbox has changed, please reconnect\r\n')
    expect(client.controls).toEqual([{ close: true }])
  })
})
