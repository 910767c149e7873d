/**
 * BINARY (RFC 3516): content with NUL comes in, is kept as text, and goes out as it was.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore } from './harness.ts'

let store: MailStore
let client: Client

const binary = [
  'Subject: binary',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  '',
  'text',
  '--b',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: binary',
  '',
  'a\0b\rc\n',
  '--b--',
  '',
].join('\r\n')

beforeEach(async () => {
  store = newStore()
  client = await new Client(store).select()
})

describe('APPEND', () => {
  it('takes NUL in a literal8, and BODY[] never carries it (§4.4, §6)', async () => {
    expect((await client.command(`APPEND INBOX ~{${binary.length}+}\r\n${binary}`)).at(-1)).toContain('OK [APPENDUID')
    const whole = await client.send('b FETCH 1 (RFC822.SIZE BODY.PEEK[])\r\n')
    expect(whole).not.toContain('\0')
    expect(whole).toContain('Content-Transfer-Encoding: base64\r\n\r\nYQBiDWMK\r\n--b--')
    const [, size, literal] = /RFC822\.SIZE (\d+) BODY\[\] \{(\d+)\}/.exec(whole)!
    expect(size).toBe(literal)
    expect(await client.send('c FETCH 1 BODYSTRUCTURE\r\n')).toMatch(/"octet-stream" NIL NIL NIL "base64" \d+/i)
  })

  it('gives the octets back by BINARY, in a literal8 with NUL and a string without (§4.2, §4.3)', async () => {
    await client.command(`APPEND INBOX ~{${binary.length}+}\r\n${binary}`)
    expect(await client.send('b FETCH 1 (BINARY.SIZE[2] BINARY.PEEK[2] BINARY.PEEK[1])\r\n')).toBe(
      '* 1 FETCH (BINARY.SIZE[2] 6 BINARY[2] ~{6}\r\na\0b\rc\n BINARY[1] {4}\r\ntext)\r\nb OK FETCH completed\r\n',
    )
    expect(await client.send('c FETCH 1 BINARY.PEEK[2]<2.3>\r\n')).toContain('BINARY[2]<2> {3}\r\nb\rc)')
  })

  it('takes text in a literal8 as it is', async () => {
    const text = 'Subject: x\r\n\r\ntext\r\n'
    await client.command(`APPEND INBOX ~{${text.length}+}\r\n${text}`)
    expect(await client.send('b FETCH 1 BODY.PEEK[]\r\n')).toContain(`{${text.length}}\r\n${text})`)
  })

  it.each(['Subject: a\0b\r\n\r\ntext', 'Content-Transfer-Encoding: base64\r\n\r\nAA\0=='])(
    'refuses NUL where nothing can encode it without loss (§4.4): %j',
    async (raw) => {
      expect((await client.command(`APPEND INBOX ~{${raw.length}+}\r\n${raw}`)).at(-1)).toMatch(/^a NO \[UNKNOWN-CTE\]/)
      expect(store.counts(store.mailboxByRole('inbox')!.id).total).toBe(0)
    },
  )

  it('is in the capability list (§4.1)', async () => {
    expect((await client.command('CAPABILITY'))[0]).toContain(' BINARY ')
  })
})

describe('mail', () => {
  it('with NUL in its header can be read, and is as long as it says (RFC 9051 §4.3.1)', async () => {
    const raw = 'Subject: a\0b\r\n\r\nte\0xt'
    deliver(store, raw)
    await client.command('NOOP')
    const items =
      'RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT]'
    const answer = await client.send(`b FETCH 1 (${items})\r\n`)
    expect(answer).not.toContain('\0')
    expect(answer).toContain(`RFC822.SIZE ${raw.length}`)
    expect(answer).toContain(`BODY[] {${raw.length}}\r\nSubject: a\x80b\r\n\r\nte\x80xt`)
    expect(answer).toContain('BODY[TEXT] {5}\r\nte\x80xt')
    expect(await client.send('c FETCH 1 BODY.PEEK[]<9.2>\r\n')).toContain('{2}\r\na\x80')
  })
})
