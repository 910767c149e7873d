import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'
import type { Sql } from '../../../src/storage/index.ts'
import { Client, deliver, newStore, settled, simple } from './harness.ts'

let store: MailStore
let client: Client

beforeEach(async () => {
  store = newStore()
  client = new Client(store)
})

const lines = (...text: string[]) => [...text, ''].join('\r\n')

/** A multipart with a text, an enclosed message that is itself a multipart, and an attachment. */
const nested = lines(
  'From: a@example.com',
  'Subject: outer',
  'Content-Type: multipart/mixed; boundary=out',
  '',
  '--out',
  'Content-Type: text/plain',
  '',
  'first',
  '--out',
  'Content-Type: message/rfc822',
  '',
  'Subject: inner',
  'From: b@example.com',
  'Content-Type: multipart/alternative; boundary=in',
  '',
  '--in',
  'Content-Type: text/plain',
  '',
  'inner text',
  '--in',
  'Content-Type: text/html',
  '',
  '<p>inner</p>',
  '--in--',
  '--out',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: base64',
  '',
  'AAECAw==',
  '--out--',
)

/** The literal that follows the label. */
function literalOf(answer: string, label: string): string | undefined {
  const at = answer.indexOf(`${label} `)
  const match = /^~?\{(\d+)\}\r\n/.exec(answer.slice(at + label.length + 1))
  if (at < 0 || match === null) return undefined
  const start = at + label.length + 1 + match[0].length
  return answer.slice(start, start + Number(match[1]))
}

describe('FETCH', () => {
  it.each([
    ['FETCH 1 FLAGS', 'a BAD No such message'],
    ['FETCH * FLAGS', 'a BAD No such message'],
    ['FETCH 1:* FLAGS', 'a BAD No such message'],
    ['UID FETCH 1:* FLAGS', 'a OK FETCH completed'],
    ['FETCH 1 FOO', 'a BAD Unknown FETCH item'],
  ])('in an empty mailbox: %s', async (command, answer) => {
    await client.select()
    expect(await client.command(command)).toEqual([answer])
  })

  it('gives the items of the view', async () => {
    const [uid] = deliver(store, simple, 'inbox', ['$seen', '$forwarded', 'todo'])
    await client.select()
    const { id, threadId } = store.emails([uid as never])[0]!
    expect(await client.command('FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE EMAILID THREADID MODSEQ)')).toEqual([
      `* 1 FETCH (UID ${uid} FLAGS ($Forwarded \\Seen todo) INTERNALDATE "23-Nov-2026 12:00:00 +0000" ` +
        `RFC822.SIZE ${simple.length} EMAILID (M${id}) THREADID (T${threadId}) MODSEQ (${uid}))`,
      // The first command that switches CONDSTORE on (RFC 7162 §3.1).
      `* OK [HIGHESTMODSEQ ${uid}] All that is below has been told`,
      'a OK FETCH completed',
    ])
  })

  it('tells once what is asked for twice', async () => {
    const [uid] = deliver(store, simple)
    await client.select()
    expect(await client.command('UID FETCH 1:* (UID FLAGS UID FLAGS)')).toContain(`* 1 FETCH (UID ${uid} FLAGS ())`)
  })

  it('gives ENVELOPE and structure', async () => {
    deliver(store, simple)
    await client.select()
    const answer = await client.send('a FETCH 1 FULL\r\n')
    expect(answer).toContain(
      'ENVELOPE ("Mon, 7 Feb 1994 21:52:25 -0800 (PST)" "Hello" (("Bob" NIL "bob" "example.com")) ' +
        '(("Bob" NIL "bob" "example.com")) (("Bob" NIL "bob" "example.com")) ((NIL NIL "alice" "facteur.test")) ' +
        'NIL NIL NIL "<1@example.com>")',
    )
    expect(answer).toMatch(/ BODY \("TEXT" "PLAIN" .* "7BIT" 55 1\)\)\r\na OK/i)
    expect(await client.send('a FETCH 1 BODYSTRUCTURE\r\n')).toMatch(/BODYSTRUCTURE \("TEXT" "PLAIN" .* NIL\)/i)
  })

  it('gives sections of the message itself', async () => {
    deliver(store, simple)
    await client.select()
    const header = simple.slice(0, simple.indexOf('\r\n\r\n') + 4)
    const answer = await client.send('a FETCH 1 (BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[1])\r\n')
    expect(literalOf(answer, 'BODY[]')).toBe(simple)
    expect(literalOf(answer, 'BODY[HEADER]')).toBe(header)
    expect(literalOf(answer, 'BODY[TEXT]')).toBe(simple.slice(header.length))
    expect(literalOf(answer, 'BODY[1]')).toBe(simple.slice(header.length))
  })

  it('gives the RFC822 items of IMAP4rev1 (RFC 3501 §6.4.5)', async () => {
    deliver(store, simple)
    await client.select()
    expect(literalOf(await client.send('a FETCH 1 RFC822.HEADER\r\n'), 'RFC822.HEADER')).toContain('Subject: Hello')
    expect((await client.command('FETCH 1 FLAGS'))[0]).toBe('* 1 FETCH (FLAGS ())')
    expect(literalOf(await client.send('a FETCH 1 RFC822\r\n'), 'RFC822')).toBe(simple)
    expect(literalOf(await client.send('a FETCH 1 RFC822.TEXT\r\n'), 'RFC822.TEXT')).toMatch(/^Hello Joe/)
  })

  it('chooses header fields, and all but some', async () => {
    deliver(store, simple)
    await client.select()
    const some = await client.send('a FETCH 1 BODY.PEEK[HEADER.FIELDS (subject X-None FROM)]\r\n')
    expect(literalOf(some, 'BODY[HEADER.FIELDS (subject X-None FROM)]')).toBe(
      'From: Bob <bob@example.com>\r\nSubject: Hello\r\n\r\n',
    )
    const rest = await client.send('a FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (From To Date Message-ID)]\r\n')
    expect(literalOf(rest, 'BODY[HEADER.FIELDS.NOT (From To Date Message-ID)]')).toBe('Subject: Hello\r\n\r\n')
  })

  it.each([
    ['0.5', 0, 'From:'],
    ['6.3', 6, 'Bob'],
    ['100000.5', 100000, ''],
    ['0.100000', 0, simple],
  ])('cuts out <%s>', async (partial, offset, expected) => {
    deliver(store, simple)
    await client.select()
    expect(literalOf(await client.send(`a FETCH 1 BODY.PEEK[]<${partial}>\r\n`), `BODY[]<${offset}>`)).toBe(expected)
  })

  it.each([
    ['1', 'first'],
    ['1.MIME', 'Content-Type: text/plain\r\n\r\n'],
    ['2.HEADER', 'Subject: inner\r\nFrom: b@example.com\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n'],
    ['2.HEADER.FIELDS (Subject)', 'Subject: inner\r\n\r\n'],
    ['2.1', 'inner text'],
    ['2.2', '<p>inner</p>'],
    ['2.2.MIME', 'Content-Type: text/html\r\n\r\n'],
    ['3', 'AAECAw=='],
  ])('gives part %s of a nested message (RFC 9051 §6.4.5.1)', async (section, expected) => {
    deliver(store, nested)
    await client.select()
    expect(literalOf(await client.send(`a FETCH 1 BODY.PEEK[${section}]\r\n`), `BODY[${section}]`)).toBe(expected)
  })

  it.each(['4', '1.1.1', '1.HEADER', '3.TEXT', '2.3'])(
    'has NIL for a section that is not there: %s',
    async (section) => {
      deliver(store, nested)
      await client.select()
      expect(await client.command(`FETCH 1 BODY.PEEK[${section}]`)).toEqual([
        `* 1 FETCH (BODY[${section}] NIL)`,
        'a OK FETCH completed',
      ])
    },
  )

  it('undoes the transfer encoding with BINARY (RFC 3516)', async () => {
    deliver(store, nested)
    await client.select()
    const answer = await client.send('a FETCH 1 (BINARY.PEEK[3] BINARY.SIZE[3] BINARY.PEEK[1])\r\n')
    expect(answer).toContain('BINARY[3] ~{4}\r\n\0\x01\x02\x03 BINARY.SIZE[3] 4 BINARY[1] {5}\r\nfirst)')
    deliver(store, simple.replace('Subject', 'Content-Transfer-Encoding: x-uue\r\nSubject'))
    await client.command('NOOP')
    expect(await client.command('FETCH 2 BINARY[1]')).toEqual([
      'a NO [UNKNOWN-CTE] The part has an unknown transfer encoding',
    ])
  })

  it('sets \\Seen for what is not peeked at, and tells it once', async () => {
    deliver(store, [simple, simple])
    await client.select()
    const answer = await client.send('a FETCH 1:2 BODY[TEXT]<0.1>\r\n')
    expect(answer.split('FLAGS (\\Seen)')).toHaveLength(3)
    const again = await client.send('a FETCH 1 BODY[TEXT]<0.1>\r\n')
    expect(again).not.toContain('FLAGS')
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
  })

  it('adds UID to UID FETCH once, and passes over UIDs that are not there', async () => {
    const [uid] = deliver(store, simple)
    await client.select()
    expect(await client.command(`UID FETCH ${uid! - 1}:${uid! + 9} (FLAGS)`)).toEqual([
      `* 1 FETCH (UID ${uid} FLAGS ())`,
      'a OK FETCH completed',
    ])
    expect((await client.command('UID FETCH * (FLAGS UID)'))[0]).toBe(`* 1 FETCH (FLAGS () UID ${uid})`)
    expect((await client.command('UID FETCH 999999:* FLAGS'))[0]).toBe(`* 1 FETCH (UID ${uid} FLAGS ())`)
  })

  it('gives only what changed since (RFC 7162 §3.1.4)', async () => {
    const uids = deliver(store, [simple, simple, simple])
    await client.select('INBOX (CONDSTORE)')
    const before = store.state
    store.setFlags(store.mailboxByRole('inbox')!.id, [uids[1]!], { add: ['$flagged'] })
    await client.command('NOOP')
    expect(await client.command(`FETCH 1:* (FLAGS) (CHANGEDSINCE ${before})`)).toEqual([
      `* 2 FETCH (FLAGS (\\Flagged) MODSEQ (${store.state}))`,
      'a OK FETCH completed',
    ])
  })

  it('answers an ENVELOPE with 8-bit content as literals', async () => {
    deliver(store, simple.replace('Hello', 'Gr\xc3\xbc\xc3\x9fe'))
    await client.select()
    expect(await client.send('a FETCH 1 ENVELOPE\r\n')).toContain('{7}\r\nGr\xc3\xbc\xc3\x9fe ')
  })
})

describe('FETCH beside another session', () => {
  it('leaves out what is gone, says so, and tells EXPUNGE only later (RFC 2180 §4.1, RFC 9051 §7.5.1)', async () => {
    const uids = deliver(store, [simple, simple, simple])
    await client.select()
    store.expunge(store.mailboxByRole('inbox')!.id, [uids[1]!])
    expect(await client.command('FETCH 1:3 UID')).toEqual([
      `* 1 FETCH (UID ${uids[0]})`,
      `* 3 FETCH (UID ${uids[2]})`,
      'a NO [EXPUNGEISSUED] Some messages are gone',
    ])
    expect(await client.command('FETCH 2 ENVELOPE')).toEqual(['a NO [EXPUNGEISSUED] Some messages are gone'])
    expect(await client.command(`UID FETCH ${uids[1]} FLAGS`)).toEqual(['* 2 EXPUNGE', 'a OK FETCH completed'])
    expect((await client.command('FETCH 2 UID'))[0]).toBe(`* 2 FETCH (UID ${uids[2]})`)
  })

  it('tells new messages and flags during FETCH', async () => {
    const uids = deliver(store, [simple, simple])
    await client.select()
    store.setFlags(store.mailboxByRole('inbox')!.id, [uids[0]!], { add: ['$flagged'] })
    deliver(store, simple)
    expect(await client.command('FETCH 2 UID')).toEqual([
      `* 2 FETCH (UID ${uids[1]})`,
      '* 3 EXISTS',
      `* 1 FETCH (UID ${uids[0]} FLAGS (\\Flagged))`,
      'a OK FETCH completed',
    ])
  })
})

describe('flow control', () => {
  const limits = { outputWindow: 50_000, outputPiece: 8192 }
  const large = `${simple}${'x'.repeat(70)}\r\n`.concat(`${'y'.repeat(70)}\r\n`.repeat(600))

  it('stops while the client does not read, and goes on when it does', async () => {
    deliver(
      store,
      Array.from({ length: 10 }, () => large),
    )
    client = await new Client(store, { limits }).select()
    client.reading = false
    const done = client.session.receive(new TextEncoder().encode('a FETCH 1:10 BODY.PEEK[]\r\nb NOOP\r\n'))
    await settled()
    const first = client.pieces.reduce((sum, piece) => sum + piece.length, 0)
    expect(first).toBeGreaterThan(50_000)
    expect(first).toBeLessThan(100_000)
    expect(client.session.state()).toBeUndefined()
    client.reading = true
    client.session.acknowledge(first)
    await done
    const answer = client.take()
    expect(answer.match(/FETCH \(BODY/g)).toHaveLength(10)
    expect(answer).toMatch(/a OK FETCH completed\r\nb OK Done\r\n$/)
    expect(Math.max(...client.pieces.map((piece) => piece.length))).toBeLessThanOrEqual(2 * limits.outputPiece)
  })

  it('copes with messages that go while it waits', async () => {
    const uids = deliver(
      store,
      Array.from({ length: 10 }, () => large),
    )
    client = await new Client(store, { limits }).select()
    client.reading = false
    const done = client.session.receive(new TextEncoder().encode('a FETCH 1:10 (UID BODY.PEEK[])\r\n'))
    await settled()
    store.expunge(store.mailboxByRole('inbox')!.id, uids.slice(4, 6))
    client.reading = true
    client.session.acknowledge(1e9)
    await done
    const answer = client.take()
    expect(answer.match(/ FETCH \(UID/g)).toHaveLength(8)
    expect(answer).not.toContain('EXPUNGE\r\n')
    expect(answer).toContain('a NO [EXPUNGEISSUED]')
    expect(await client.command('NOOP')).toEqual(['* 5 EXPUNGE', '* 5 EXPUNGE', 'a OK Done'])
  })

  it('ends a waiting command when the connection goes', async () => {
    deliver(
      store,
      Array.from({ length: 10 }, () => large),
    )
    client = await new Client(store, { limits }).select()
    client.reading = false
    const done = client.session.receive(new TextEncoder().encode('a FETCH 1:10 BODY[]\r\n'))
    await settled()
    client.leave()
    await done
    expect(client.take()).not.toContain('a OK')
  })
})

describe('what reading whole messages costs', () => {
  const messages = Array.from({ length: 100 }, (_, index) => `${simple}${index}\r\n`)
  let statements = 0
  let last = ''

  beforeEach(async () => {
    const inner = memorySql()
    const exec: Sql['exec'] = (query, ...bindings) => {
      statements++
      last = query
      return inner.exec(query, ...bindings)
    }
    store = newStore({}, { exec, transaction: (work) => inner.transaction(work) })
    deliver(store, messages)
    await store.indexPending(messages.length)
    client = await new Client(store).select()
    statements = 0
  })

  it('is one statement for up to 64 bodies, whatever order they are asked for in', async () => {
    const answer = await client.send('a FETCH 1:* BODY.PEEK[]\r\n')
    expect(statements).toBe(2)
    for (const message of messages) expect(answer).toContain(`BODY[] {${message.length}}\r\n${message})`)
    expect(await client.send('b FETCH 7,3 BODY.PEEK[TEXT]\r\n')).toMatch(
      /^\* 3 FETCH[^]*tomorrow\?\r\n2\r\n\)[^]*\* 7 FETCH/,
    )
  })

  it('is a look-up by its number for a single one, without a list of them', async () => {
    expect(await client.send('a FETCH 7 BODY.PEEK[]\r\n')).toContain(`{${messages[6]!.length}}\r\n${messages[6]})`)
    expect(statements).toBe(1)
    expect(last).toContain('e.id = ?')
    expect(last).not.toContain('json_each')
  })

  it('is no look-up of a message, and no statement, for what the view has of them in their order', async () => {
    const view = store.view(store.mailboxByRole('inbox')!.id)
    const indexOf = vi.spyOn(view, 'indexOf')
    expect(await client.command('FETCH 1:* (FLAGS UID)')).toHaveLength(messages.length + 1)
    expect(indexOf).not.toHaveBeenCalled()
    expect(statements).toBe(0)
    await client.command('FETCH 1:* ENVELOPE')
    expect(indexOf).not.toHaveBeenCalled()
    expect(statements).toBe(1)
  })

  it('is as little when SEARCH looks into what the index lets pass', async () => {
    const [answer] = await client.command('SEARCH TEXT tomorrow')
    expect(answer?.split(' ')).toHaveLength(messages.length + 2)
    expect(statements).toBeLessThan(12)
  })
})
