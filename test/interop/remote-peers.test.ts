/**
 * Sending to servers that refuse, hang up, lie and dawdle.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { alice, readMailbox, waitForMessages } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { startRemoteServer } from './remote-server.ts'
import { type ScriptedRemote, startScriptedRemote } from './scripted-remote.ts'
import { loggedIn, transact, type Transaction } from './smtp-client.ts'

const everything = ['PIPELINING', '8BITMIME', 'SIZE 100000', 'SMTPUTF8', 'DSN']
let parts: Parts
let doh: DohServer
let remote: ScriptedRemote

beforeAll(async () => {
  remote = await startScriptedRemote()
  doh = await startDohServer({
    'elsewhere.test': [{ type: 'A', address: '127.0.0.1' }],
    'backup.test': [
      { type: 'MX', preference: 10, exchange: 'down.backup.test' },
      { type: 'MX', preference: 20, exchange: 'up.backup.test' },
    ],
    'down.backup.test': [{ type: 'A', address: '127.0.0.99' }],
    'up.backup.test': [{ type: 'A', address: '127.0.0.1' }],
  })
  parts = await startParts({
    bindings: { FACTEUR_DOH: doh.url, FACTEUR_MX_PORT: String(remote.port), FACTEUR_RETRY_FIRST_SECONDS: '0.1' },
    // A kept connection would hide the next test's greeting.
    limits: { replyMs: 400, finalReplyMs: 800, messagesPerConnection: 1 },
  })
})

afterAll(async () => {
  await parts?.stop()
  await remote?.close()
  await doh?.close()
})

beforeEach(() => {
  remote.answer = () => undefined
  remote.keywords = everything
  remote.lines.length = 0
  remote.messages.length = 0
})

/** As alice, to outside. */
async function submit(transaction: Partial<Transaction>): Promise<void> {
  const client = await loggedIn(parts.ports.submission, alice, parts.password)
  const replies = await transact(client, { from: alice, to: 'friend@elsewhere.test', ...transaction })
  client.destroy()
  expect(replies.at(-1)).toMatch(/^250 /)
}

async function nextReport(before: number): Promise<string> {
  const messages = await waitForMessages(parts, alice, before + 1)
  expect(messages).toHaveLength(before + 1)
  return messages.at(-1)?.source ?? ''
}

const count = async () => (await readMailbox(parts, alice)).length
const arrived = (copies = 1) =>
  expect.poll(() => remote.messages.length, { timeout: 10_000, interval: 10 }).toBe(copies)
const empty = () =>
  expect.poll(() => parts.admin('GET', '/queues/elsewhere.test'), { timeout: 10_000, interval: 20 }).toEqual([])

/** Gives `answer` to the first command that matches, then goes on willingly. */
function once(command: RegExp, answer: string): void {
  let given = false
  remote.answer = (line) => {
    if (given || !command.test(line)) return undefined
    given = true
    return answer
  }
}

describe('a fault that passes is outlived, and the message goes exactly once', () => {
  test.each([
    ['a greeting of 421', /^$/, '421 4.3.2 come back later'],
    ['a greeting that never comes', /^$/, 'silence'],
    ['a greeting that is no SMTP', /^$/, 'HTTP/1.1 400 Bad Request'],
    ['EHLO answered 421', /^EHLO/, '421 4.7.0 busy'],
    ['MAIL answered 450', /^MAIL/, '450 4.7.1 greylisted'],
    ['RCPT answered 452', /^RCPT/, '452 4.2.2 full'],
    ['hanging up at RCPT', /^RCPT/, 'drop'],
    ['hanging up at DATA', /^DATA/, 'drop'],
    ['no answer to DATA', /^DATA/, 'silence'],
    ['the message answered 451', /^\.$/, '451 4.3.0 not now'],
    ['a reply that is none', /^MAIL/, 'banana'],
  ])('%s', async (_, command, answer) => {
    once(command, answer)
    await submit({})
    await arrived()
    await empty()
    expect(remote.messages).toHaveLength(1)
  })
})

test('hanging up after the final dot: sent again, for losing it would be worse (RFC 5321 §4.5.3.2.6)', async () => {
  once(/^\.$/, 'drop')
  await submit({})
  await arrived(2)
  await empty()
})

test('the first MX refuses the connection, the second takes the message (RFC 5321 §5.1)', async () => {
  await submit({ to: 'friend@backup.test' })
  await arrived()
})

test('STARTTLS that fails in the handshake: sent in clear text, as without STARTTLS (RFC 7435 §3)', async () => {
  remote.keywords = [...everything, 'STARTTLS']
  await submit({})
  await arrived()
  expect(remote.lines.filter((line) => line === 'STARTTLS')).toHaveLength(1)
})

describe('what can never work is returned at once', () => {
  test('a greeting of 554 (RFC 5321 §3.1)', async () => {
    const before = await count()
    remote.answer = (line) => (line === '' ? '554 5.7.1 no service for you' : undefined)
    await submit({ subject: 'no service' })
    expect(await nextReport(before)).toMatch(/^Diagnostic-Code: smtp; ?554 5\.7\.1 no service for you\r$/im)
  })

  test('a message above the announced SIZE is not even begun (RFC 1870 §6)', async () => {
    const before = await count()
    remote.keywords = ['SIZE 1000']
    await submit({ raw: `Subject: large\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(30) })
    expect(await nextReport(before)).toMatch(/^Status: 5\.3\.4\r$/m)
    expect(remote.lines.filter((line) => line.startsWith('MAIL'))).toEqual([])
  })

  test('signed 8-bit content where 8BITMIME is not offered; other content is converted (RFC 6152 §3)', async () => {
    const before = await count()
    remote.keywords = ['PIPELINING']
    await submit({ subject: 'seven bits' })
    await arrived()
    expect(remote.lines.find((line) => line.startsWith('MAIL'))).toBe(`MAIL FROM:<${alice}>`)
    const text = 'Content-Type: text/plain; charset=utf-8\r\n\r\nGr\u00fc\u00dfe, my dear friends\r\n'
    await submit({ mail: 'BODY=8BITMIME', raw: `Subject: eight bits\r\nMIME-Version: 1.0\r\n${text}` })
    await expect.poll(() => remote.messages.length, { timeout: 10_000, interval: 20 }).toBe(2)
    expect(remote.messages[1]).toContain('Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe, my')
    const signed = `Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n${text}--s--\r\n`
    await submit({ mail: 'BODY=8BITMIME', raw: `Subject: signed\r\nMIME-Version: 1.0\r\n${signed}` })
    expect(await nextReport(before)).toMatch(/^Status: 5\.6\.3\r$/m)
    expect(remote.messages).toHaveLength(2)
  })

  test('some recipients of a transaction: one report that names only those (RFC 3464)', async () => {
    const before = await count()
    remote.answer = (line) => (line.startsWith('RCPT TO:<gone') ? '550 5.1.1 no such user' : undefined)
    const to = ['one@elsewhere.test', 'gone1@elsewhere.test', 'two@elsewhere.test', 'gone2@elsewhere.test']
    await submit({ to })
    const report = await nextReport(before)
    expect([...report.matchAll(/^Final-Recipient: rfc822; ?(.*)\r$/gim)].map((match) => match[1])).toEqual([
      'gone1@elsewhere.test',
      'gone2@elsewhere.test',
    ])
    await empty()
    expect(remote.messages).toHaveLength(1)
  })
})

describe('content that came by BDAT with bare CR, bare LF and dots (SMTP smuggling)', () => {
  const raw = 'Subject: smuggled\r\n\r\nbody\n.\nMAIL FROM:<evil@facteur.test>\r.\r\n.\r\n\n.\r\nend\r\n'

  async function chunk(body: string): Promise<void> {
    const client = await loggedIn(parts.ports.submission, alice, parts.password)
    await client.say(`MAIL FROM:<${alice}> BODY=${body}\r\n`, /^250 /m)
    await client.say('RCPT TO:<friend@elsewhere.test>\r\n', /^250 /m)
    await client.say(`BDAT ${raw.length} LAST\r\n${raw}`, /^250 /m)
    client.destroy()
  }

  test('leaves by DATA in whole lines, every dot stuffed: it is one message there (RFC 5321 §2.3.8, §4.5.2)', async () => {
    await chunk('8BITMIME')
    await arrived()
    await empty()
    const [message = ''] = remote.messages
    expect(message.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(message).toContain('\r\nbody\r\n..\r\nMAIL FROM:<evil@facteur.test>\r\n..\r\n..\r\n\r\n..\r\nend\r\n')
    expect(remote.lines.filter((line) => line.startsWith('MAIL'))).toHaveLength(1)
  })

  test('declared as binary every octet arrives, encoded where BINARYMIME is not offered (RFC 3030 §3)', async () => {
    await chunk('BINARYMIME')
    await arrived()
    const [message = ''] = remote.messages
    const [head = '', body = ''] = message.split(/\r\n\r\n([^]*)/)
    expect(head).toContain('Content-Transfer-Encoding: quoted-printable')
    const octets = body
      .replaceAll('=\r\n', '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    expect(octets.replaceAll('\r\n..', '\r\n.')).toContain(raw.slice(raw.indexOf('\r\n\r\n') + 4))
  })
})

describe('a smarthost', () => {
  test('takes everything after STARTTLS and AUTH; a refused password keeps the mail waiting', async () => {
    let password = 'changed by somebody'
    let logins = 0
    const relay = await startRemoteServer({
      authOptional: false,
      onAuth(auth, _session, callback) {
        logins++
        if (auth.username === 'us' && auth.password === password) callback(null, { user: 'us' })
        else callback(new Error('Invalid credentials'))
      },
    })
    const house = await startParts({
      bindings: {
        FACTEUR_SMARTHOST: `smtp://us:the%20password@127.0.0.1:${relay.port}?tls=opportunistic`,
        FACTEUR_RETRY_FIRST_SECONDS: '0.1',
      },
    })
    try {
      const client = await loggedIn(house.ports.submission, alice, house.password)
      const replies = await transact(client, { from: alice, to: 'friend@anywhere.test', subject: 'by relay' })
      client.destroy()
      expect(replies.at(-1)).toMatch(/^250 /)
      await expect.poll(() => logins, { timeout: 10_000, interval: 10 }).toBeGreaterThan(1)
      expect(await readMailbox(house, alice)).toEqual([])
      password = 'the password'
      expect(await relay.next()).toMatchObject({ to: ['friend@anywhere.test'], secure: true })
    } finally {
      await house.stop()
      await relay.close()
    }
  })
})
