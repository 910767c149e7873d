import { beforeEach, describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import type { MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { latin1 } from '../../../src/format/index.ts'
import { chunkSizes } from '../../chunked.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

let store: MailStore
let client: Client
let inbox: MailboxId

beforeEach(() => {
  store = newStore()
  inbox = store.mailboxByRole('inbox')!.id
  client = new Client(store)
})

const all = 'C1 CAPABILITY\r\nC2 NOOP\r\nC3 ID ("name" "x")\r\nC4 NAMESPACE\r\nC5 ENABLE CONDSTORE\r\n'

const transcript =
  `${all}a SELECT INBOX\r\nb FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])\r\n` +
  `c APPEND {6}\r\nDrafts (\\Draft) {${simple.length}+}\r\n${simple}\r\nd STORE 1 +FLAGS (\\Seen)\r\n` +
  'e SEARCH SUBJECT {5+}\r\nHello\r\nf IDLE\r\nDONE\r\ng COPY 1:2 Drafts\r\nh BOGUS\r\ni LOGOUT\r\n'

async function run(size: number): Promise<string> {
  const fresh = newStore()
  deliver(fresh, [simple, simple])
  return new Client(fresh, { size }).send(transcript)
}

describe('the session', () => {
  it('begins with the tag of the login', () => {
    client.session.begin('x1')
    expect(client.take()).toMatch(/^x1 OK \[CAPABILITY IMAP4rev2 IMAP4rev1 .* APPENDLIMIT=26214400\] Logged in\r\n$/)
  })

  it.each(chunkSizes)('says the same to the same input in chunks of %s', async (size) => {
    const answer = await run(size)
    expect(answer).toBe(await run(Infinity))
    expect(answer).toContain('f OK Idle ended\r\ng OK [COPYUID')
    expect(answer).toMatch(/h BAD Unknown command\r\n\* BYE Goodbye\r\ni OK Logged out\r\n$/)
  })

  it('answers CAPABILITY, ID, NAMESPACE', async () => {
    const answer = await client.send(all)
    expect(answer).toContain('* CAPABILITY IMAP4rev2 IMAP4rev1 ')
    expect(answer).toContain('* ID ("name" "facteur")\r\nC3 OK')
    expect(answer).toContain('* NAMESPACE (("" "/")) NIL NIL\r\nC4 OK')
    expect(answer).toContain('* ENABLED CONDSTORE\r\nC5 OK')
  })

  it('closes on LOGOUT and hears nothing more', async () => {
    expect(await client.send('a LOGOUT\r\nb NOOP\r\n')).toBe('* BYE Goodbye\r\na OK Logged out\r\n')
    expect(client.controls).toEqual([{ close: true }])
    expect(client.session.closed).toBe(true)
  })

  it('ends after fifty bad commands in a row', async () => {
    expect(await client.send('a FOO\r\n'.repeat(50))).not.toContain('BYE')
    expect(await client.send('a NOOP\r\n')).toContain('OK')
    expect(await client.send('a FOO\r\n'.repeat(51))).toMatch(/\* BYE Too many bad commands\r\n$/)
  })

  it('catches a bug once per command, logs it and goes on', async () => {
    await client.select()
    const bug = new Error('boom')
    store.counts = () => {
      throw bug
    }
    expect(await client.command('STATUS INBOX (MESSAGES)')).toEqual(['a NO [SERVERBUG] Internal error'])
    expect(client.errors).toEqual([bug])
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
  })

  it('refuses input without end while a command waits', async () => {
    deliver(store, 'x'.repeat(10_000))
    client = await new Client(store, { limits: { outputWindow: 1000, appendTotal: 1000, line: 1000 } }).select()
    client.reading = false
    const waiting = client.session.receive(new TextEncoder().encode('a FETCH 1 BODY[]\r\nb FETCH 1 BODY[]\r\n'))
    await client.session.receive(new Uint8Array(3000))
    await waiting
    expect(client.take()).toContain('* BYE Too much input while a command is in progress')
  })

  it('never fails, whatever a client sends', async () => {
    deliver(store, [simple, simple])
    const word = fc.constantFrom(
      'a',
      'SELECT',
      'INBOX',
      'FETCH',
      'UID',
      'STORE',
      'SEARCH',
      '1:*',
      '$',
      '(',
      ')',
      'FLAGS',
      'BODY[',
      ']',
      '\\Seen',
      '{3+}\r\nabc',
      '"',
      'NOT',
      'OR',
      'RETURN',
      'SAVE',
      'IDLE',
      '\r\nDONE',
      '\r\na',
      '\r\n',
      '<0.1>',
      'COPY',
      'LIST',
      '*',
      '%',
      'é',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 30 }), async (words) => {
        const wild = new Client(store)
        await wild.send(`a SELECT INBOX\r\na ${words.join(' ')}\r\n`)
        expect(wild.errors).toEqual([])
        wild.leave()
      }),
      { numRuns: 300 },
    )
  })
})

describe('two sessions on one mailbox', () => {
  let other: Client

  beforeEach(async () => {
    deliver(store, [simple, simple, simple])
    await client.select()
    other = await new Client(store).select()
  })

  it('see each other’s changes with the next command', async () => {
    await client.command('STORE 2 +FLAGS.SILENT (\\Deleted)')
    const uid = store.view(inbox).uidAt(1)
    expect(await other.command('NOOP')).toEqual([`* 2 FETCH (UID ${uid} FLAGS (\\Deleted))`, 'a OK Done'])
    await client.command('EXPUNGE')
    expect(await other.command('FETCH 1:2 FLAGS')).toEqual([
      '* 1 FETCH (FLAGS ())',
      'a NO [EXPUNGEISSUED] Some messages are gone',
    ])
    expect(await other.command('NOOP')).toEqual(['* 2 EXPUNGE', 'a OK Done'])
  })

  it('push at once into IDLE (RFC 2177)', async () => {
    expect(await other.send('i IDLE\r\n')).toBe('+ idling\r\n')
    await client.command('STORE 1 +FLAGS.SILENT (\\Seen)')
    const uid = store.view(inbox).uidAt(0)
    expect(other.take()).toBe(`* 1 FETCH (UID ${uid} FLAGS (\\Seen))\r\n`)
    deliver(store, simple)
    expect(other.take()).toBe('* 4 EXISTS\r\n')
    await client.command('STORE 1,3 +FLAGS.SILENT (\\Deleted)')
    other.take()
    await client.command('EXPUNGE')
    expect(other.take()).toBe('* 1 EXPUNGE\r\n* 2 EXPUNGE\r\n')
    deliver(store, simple, 'trash')
    expect(other.take()).toBe('')
    expect(await other.send('done\r\n')).toBe('i OK Idle ended\r\n')
  })

  it('end IDLE with BAD for anything but DONE', async () => {
    expect(await other.send('i IDLE\r\nx NOOP\r\n')).toBe('+ idling\r\ni BAD Expected DONE\r\n')
    expect(await other.command('NOOP')).toEqual(['a OK Done'])
  })

  it('tell a message that came and went to nobody', async () => {
    const [uid] = deliver(store, simple)
    store.expunge(inbox, [uid!])
    expect(await other.command('NOOP')).toEqual(['a OK Done'])
  })

  it('end when the mailbox is deleted under them', async () => {
    await client.command('CREATE x')
    await client.select('x')
    await other.select('x')
    await other.send('i IDLE\r\n')
    expect(await client.command('DELETE x')).toEqual(['a OK DELETE completed'])
    expect(other.take()).toBe('* BYE The selected mailbox has been deleted\r\n')
    expect(other.controls).toEqual([{ close: true }])
  })

  it('agree with the store after any interleaving', async () => {
    const step = fc.oneof(
      fc.record({
        who: fc.nat(1),
        what: fc.constantFrom(
          'NOOP',
          'FETCH 1 FLAGS',
          'STORE 1 +FLAGS (\\Deleted)',
          'EXPUNGE',
          'COPY 1 INBOX',
          'SEARCH ALL',
        ),
      }),
      fc.constant('hibernate' as const),
      fc.constant('deliver' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const fresh = newStore()
        deliver(fresh, [simple, simple])
        const clients = [await new Client(fresh).select(), await new Client(fresh).select()]
        const known = [
          [1, 1],
          [1, 1],
        ]
        for (const next of steps) {
          if (next === 'deliver') deliver(fresh, simple)
          else if (next === 'hibernate') for (const sleeper of clients) sleeper.hibernate()
          else follow(known[next.who]!, await clients[next.who]!.command(next.what))
        }
        for (const [index, each] of clients.entries()) {
          follow(known[index]!, await each.command('NOOP'))
          expect(known[index]!.length).toBe(fresh.view(fresh.mailboxByRole('inbox')!.id).length)
          expect(each.errors).toEqual([])
          const lines = await each.command('UID SEARCH ALL')
          const uids = [...fresh.view(fresh.mailboxByRole('inbox')!.id).uidList()]
          expect(lines[0]).toBe(['* SEARCH', ...uids].join(' '))
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** Keeps a client's count of messages by what it is told, as a client does. */
function follow(known: number[], lines: string[]): void {
  for (const line of lines) {
    const [, number, what] = /^\* (\d+) (EXISTS|EXPUNGE)$/.exec(line) ?? []
    if (what === 'EXISTS') {
      expect(Number(number)).toBeGreaterThanOrEqual(known.length)
      while (known.length < Number(number)) known.push(1)
    } else if (what === 'EXPUNGE') {
      expect(Number(number)).toBeLessThanOrEqual(known.length)
      known.splice(Number(number) - 1, 1)
    }
  }
}

describe('hibernation', () => {
  let uids: number[]

  beforeEach(async () => {
    uids = deliver(store, [simple, simple, simple])
    await client.select()
  })

  it('keeps little', () => {
    const state = client.hibernate()
    expect(JSON.stringify(state).length).toBeLessThan(250)
    expect(state).toEqual({
      version: 1,
      enabled: [],
      selected: { mailbox: inbox, uidValidity: expect.any(Number), readOnly: false, told: store.state, gone: '' },
    })
  })

  it('goes on in the middle of IDLE and tells what it missed', async () => {
    await client.send('i IDLE\r\n')
    const { session } = client
    const state = session.state()!
    expect(state.idle).toBe('i')
    client.leave()
    client = new Client(store)
    store.expunge(inbox, [uids[0]!])
    store.setFlags(inbox, [uids[2]!], { add: ['$seen'] })
    deliver(store, simple)
    const sleeper = new Client(store)
    sleeper.session = resumed(sleeper, state)
    expect(await sleeper.send('DONE\r\n')).toBe(
      `* 1 EXPUNGE\r\n* 3 EXISTS\r\n* 2 FETCH (UID ${uids[2]} FLAGS (\\Seen))\r\ni OK Idle ended\r\n`,
    )
  })

  it('keeps the numbers of messages the client does not know to be gone', async () => {
    store.expunge(inbox, [uids[1]!])
    await client.command('FETCH 3 FLAGS')
    expect(client.hibernate().selected?.gone).toBe(String(uids[1]))
    expect(await client.command('FETCH 3 UID')).toEqual([`* 3 FETCH (UID ${uids[2]})`, 'a OK FETCH completed'])
    deliver(store, simple)
    client.hibernate()
    expect(await client.command('SEARCH ALL')).toEqual(['* SEARCH 1 3', '* 4 EXISTS', 'a OK SEARCH completed'])
    client.hibernate()
    expect(await client.command('NOOP')).toEqual(['* 2 EXPUNGE', 'a OK Done'])
    client.hibernate()
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
  })

  it('keeps what is enabled, and EXAMINE', async () => {
    await client.command('ENABLE IMAP4rev2 CONDSTORE')
    await client.command('EXAMINE INBOX')
    client.hibernate()
    expect(await client.command('SEARCH ALL')).toEqual(['* ESEARCH (TAG "a") ALL 1:3', 'a OK SEARCH completed'])
    expect((await client.command('STORE 1 FLAGS ()'))[0]).toBe('a NO [READ-ONLY] The mailbox is open for reading only')
  })

  it('keeps half a command', async () => {
    expect(await client.send('a SEARCH SUBJECT {5}\r\nHe')).toBe('+ Ready\r\n')
    client.hibernate()
    expect(await client.send('llo\r\n')).toBe('* SEARCH 1 2 3\r\na OK SEARCH completed\r\n')
  })

  it('does not sleep on half a message', async () => {
    await client.send(`a APPEND INBOX {100000+}\r\n${'x'.repeat(5000)}`)
    expect(client.session.state()).toBeUndefined()
  })

  it('says BYE when the mailbox went away meanwhile', async () => {
    await client.command('CREATE x')
    await client.select('x')
    const state = client.session.state()!
    client.leave()
    store.destroyMailbox(state.selected!.mailbox as MailboxId)
    const sleeper = new Client(store)
    sleeper.session = resumed(sleeper, state)
    expect(sleeper.session.closed).toBe(true)
    expect(sleeper.take()).toBe('* BYE The selected mailbox has changed, please reconnect\r\n')
  })

  it('keeps its state small with a large mailbox and a large saved result', async () => {
    deliver(
      store,
      Array.from({ length: 2000 }, () => simple),
    )
    await client.select()
    await client.command('SEARCH RETURN (SAVE) ALL')
    expect(JSON.stringify(client.hibernate()).length).toBeLessThan(300)
    expect(latin1(client.pieces[0] ?? new Uint8Array())).toBe('')
  })
})

function resumed(sleeper: Client, state: NonNullable<ReturnType<Client['session']['state']>>) {
  sleeper.session.state = () => structuredClone(state)
  sleeper.hibernate()
  return sleeper.session
}
