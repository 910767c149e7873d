/**
 * Clients that mean harm, against the server as a user starts it. Deadlines are tested where a test can move them
 * (test/host/bridge/smtp-attacks.test.ts); here it is what reaches storage, and memory.
 */
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alice, bob, jmap, readMailbox } from './clients.ts'
import { removeDirectory, type RunningFacteur, startFacteur } from './server.ts'
import { anyReply, greeted, loggedIn, plainResponse, transact } from './smtp-client.ts'

let server: RunningFacteur

beforeAll(async () => {
  // Nobody is to be reached outside.
  server = await startFacteur({ flags: ['--doh', 'http://127.0.0.1:1/dns-query'] })
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

/** Octets that the bridge's process has in memory. */
function residentMemory(): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'latin1')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** All but the two that end lines. */
const everyOctet = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet)).replace(/[\r\n]/g, '')
const MiB = 1024 * 1024
const find = async (user: string, subject: string) =>
  (await readMailbox(server, user)).filter((message) => message.subject === subject)

/** A transaction up to the 354. */
async function dataBegun(from = 'a@outside.test', to = alice) {
  const client = await greeted(server.ports.smtp)
  await client.say(`MAIL FROM:<${from}>\r\n`, /^250 /m)
  await client.say(`RCPT TO:<${to}>\r\n`, /^250 /m)
  await client.say('DATA\r\n', /^354 /m)
  return client
}

describe('too much of everything', () => {
  test('10,000 recipients in one batch: a thousand are taken, the rest put off, and one copy is delivered', async () => {
    const client = await greeted(server.ports.smtp)
    const lines = Array.from({ length: 10_000 }, (_, index) => `RCPT TO:<alice+${index}@facteur.test>\r\n`)
    client.write(`MAIL FROM:<a@outside.test>\r\n${lines.join('')}`)
    const replies = (await client.say('NOOP\r\n', /^250 2\.0\.0 .*\r\n(?![^])/m)).trimEnd().split('\r\n').slice(1, -1)
    expect(replies).toHaveLength(10_000)
    expect(new Set(replies.slice(0, 1000).map((reply) => reply.slice(0, 9)))).toEqual(new Set(['250 2.1.5']))
    expect(new Set(replies.slice(1000))).toEqual(new Set(['452 4.5.3 Too many recipients']))
    await client.say('DATA\r\n', /^354 /m)
    expect(await client.say('Subject: crowd\r\n\r\nx\r\n.\r\n', anyReply)).toMatch(/^250 /)
    client.destroy()
    expect(await find(alice, 'crowd')).toHaveLength(1)
  })

  test('endless messages on eight connections: 552, hung up, and memory stays within its bounds', async () => {
    const before = residentMemory()
    let most = before
    const block = Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(256))
    const endless = async () => {
      const client = await dataBegun()
      let sent = 0
      while (!client.closed && sent < 1024 * MiB) {
        client.write(block)
        sent += block.length
        if (sent % (4 * block.length) === 0) await new Promise(setImmediate)
        most = Math.max(most, residentMemory())
        await client.drained()
      }
      return { sent, said: client.received }
    }
    const ends = await Promise.all(Array.from({ length: 8 }, endless))
    for (const { sent, said } of ends) {
      expect(sent).toBeLessThan(200 * MiB)
      expect(said).toMatch(/^$|552 5\.3\.4 /)
    }
    // The budget for content under way is 256 MiB; as much again is the runtime's to collect.
    expect((most - before) / MiB).toBeLessThan(512)
    expect((await transact(await greeted(server.ports.smtp), { to: alice, subject: 'still here' })).at(-1)).toMatch(
      /^250 /,
    )
  })

  test('a command line of 1 MB is answered once and forgotten', async () => {
    const client = await greeted(server.ports.smtp)
    expect(await client.say(`NOOP ${'x'.repeat(MiB)}\r\n`, anyReply)).toBe('500 5.5.2 Line too long\r\n')
    expect(await client.say('NOOP\r\n', anyReply)).toMatch(/^250 /)
    client.destroy()
  })

  test.each([
    ['a hundred thousand fields', 'X-Bomb: tick\r\n'.repeat(100_000), 'Hello.\r\n'],
    ['a field of 2 MB in folded lines', `X-Bomb: tick\r\n${' tock\r\n'.repeat(300_000)}`, 'Hello.\r\n'],
    ['ten thousand recipients in To', `To: ${'a@b.test,\r\n '.repeat(10_000)}c@d.test\r\n`, 'Hello.\r\n'],
    [
      'five thousand parts within one another',
      'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b0\r\n',
      Array.from(
        { length: 5_000 },
        (_, at) => `--b${at}\r\nContent-Type: multipart/mixed; boundary=b${at + 1}\r\n\r\n`,
      ).join(''),
    ],
    [
      'a hundred thousand parts beside one another',
      'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n',
      '--b\r\n\r\nx\r\n'.repeat(100_000),
    ],
    [
      'a thousand messages within one another',
      'MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n',
      'Content-Type: message/rfc822\r\n\r\n'.repeat(1_000),
    ],
  ])('%s: taken, kept whole, and readable', async (name, fields, body) => {
    const subject = `bomb of ${name}`
    const raw = `${fields}Subject: ${subject}\r\nFrom: <a@outside.test>\r\n\r\n${body}`
    const client = await dataBegun()
    expect(await client.say(`${raw}.\r\n`, anyReply)).toMatch(/^250 /)
    client.destroy()
    const kept = (await readMailbox(server, alice)).filter(({ source }) => source.endsWith(raw))
    expect(kept).toHaveLength(1)
  })

  test('a content line of 1 MB and every octet but NUL are kept byte for byte', async () => {
    const raw = `Subject: every octet\r\n\r\n${everyOctet.replace('\0', '')}\r\n${'y'.repeat(MiB)}\r\n`
    const client = await dataBegun()
    expect(await client.say(Buffer.from(`${raw}.\r\n`, 'latin1'), anyReply)).toMatch(/^250 /)
    client.destroy()
    const [message] = await find(alice, 'every octet')
    expect(message?.source.endsWith(raw)).toBe(true)
  })

  test('a text with NUL, which no IMAP literal can carry, is kept in base64 (RFC 3516 §4.4)', async () => {
    const text = `${everyOctet}\r\n${'y'.repeat(MiB)}\r\n`
    const client = await dataBegun()
    const sent = Buffer.from(`Subject: with NUL\r\n\r\n${text}.\r\n`, 'latin1')
    expect(await client.say(sent, anyReply)).toMatch(/^250 /)
    client.destroy()
    const [message] = await find(alice, 'with NUL')
    const [header, ...body] = (message?.source ?? '').split('\r\n\r\n')
    expect(header).toMatch(/^Content-Transfer-Encoding: base64$/m)
    expect(Buffer.from(body.join(''), 'base64').toString('latin1')).toBe(text)
  })
})

describe('BDAT abused (RFC 3030)', () => {
  test.each([
    ['a size beyond the limit', 'BDAT 999999999999 LAST', /^552 5\.3\.4 /],
    ['a size beyond numbers', `BDAT ${'9'.repeat(40)}`, /^501 5\.5\.4 /],
    ['a negative size', 'BDAT -1 LAST', /^501 5\.5\.4 /],
    ['a size in hexadecimal', 'BDAT 0x10', /^501 5\.5\.4 /],
    ['no size', 'BDAT LAST', /^501 5\.5\.4 /],
  ])('%s ends the connection, since nobody knows where commands go on', async (_, command, refusal) => {
    const client = await greeted(server.ports.smtp)
    await client.say('MAIL FROM:<a@outside.test>\r\n', /^250 /m)
    await client.say(`RCPT TO:<${bob}>\r\n`, /^250 /m)
    expect(await client.say(`${command}\r\nSubject: x\r\n`, anyReply)).toMatch(refusal)
    await client.untilClosed()
  })

  test('LAST twice, DATA in between, and chunks nobody asked for: refused, read past, and one message at most', async () => {
    const client = await greeted(server.ports.smtp)
    const chunk = 'Subject: in chunks\r\n\r\n'
    expect(await client.say(`BDAT 6\r\nRSET\r\n`, anyReply)).toMatch(/^503 /)
    await client.say('MAIL FROM:<a@outside.test>\r\n', /^250 /m)
    await client.say(`RCPT TO:<${bob}>\r\n`, /^250 /m)
    expect(await client.say(`BDAT ${chunk.length}\r\n${chunk}`, anyReply)).toMatch(/^250 /)
    expect(await client.say('DATA\r\n', anyReply)).toMatch(/^503 /)
    expect(await client.say(`RCPT TO:<${alice}>\r\n`, anyReply)).toMatch(/^503 /)
    expect(await client.say('MAIL FROM:<b@outside.test>\r\n', anyReply)).toMatch(/^503 /)
    expect(await client.say('BDAT 3 LAST\r\nx\r\n', anyReply)).toMatch(/^250 /)
    expect(await client.say('BDAT 0 LAST\r\n', anyReply)).toMatch(/^503 /)
    expect(await client.say('BDAT 26 LAST\r\nMAIL FROM:<b@outside.test>', anyReply)).toMatch(/^503 /)
    client.destroy()
    expect(await find(bob, 'in chunks')).toHaveLength(1)
    expect(await find(alice, 'in chunks')).toHaveLength(0)
  })
})

test.each([
  ['LF.LF', '\n.\n'],
  ['LF.CRLF', '\n.\r\n'],
  ['CRLF.LF', '\r\n.\n'],
  ['CR.CR', '\r.\r'],
  ['CR.CRLF', '\r.\r\n'],
  ['CRLF.CR', '\r\n.\r'],
  ['CRCRLF.CRLF', '\r\r\n.\n'],
  ['CRLF NUL.CRLF', '\r\n\0.\r\n'],
  ['CRLF..CRLF', '\r\n..\r\n'],
])('DATA ended by %s has not ended (SMTP smuggling, RFC 5321 §4.1.1.4)', async (name, end) => {
  const client = await dataBegun()
  const smuggled = `MAIL FROM:<evil@facteur.test>\r\nRCPT TO:<${bob}>\r\nDATA\r\nSubject: smuggled ${name}\r\n\r\nx`
  client.write(`Subject: outer ${name}\r\n\r\nbody${end}${smuggled}\r\n.\r\nNOOP\r\n`)
  const replies = (await client.expect(/^250 2\.0\.0 .*\r\n(?![^])/m)).trimEnd().split('\r\n')
  const [outcome, noop] = replies.slice(-2)
  expect(outcome).toMatch(/^(?:250 2\.0\.0 Message taken|550 5\.6\.11 )/)
  expect(noop).toMatch(/^250 2\.0\.0 /)
  client.destroy()
  expect(await find(bob, `smuggled ${name}`)).toEqual([])
})

describe('words that should not become header lines or commands', () => {
  test.each([
    ['CRLF in ENVID', 'MAIL FROM:<a@outside.test> ENVID=x+0D+0ABcc:+20evil', /^501 5\.5\.4 /],
    ['NUL in ENVID', 'MAIL FROM:<a@outside.test> ENVID=x+00', /^501 5\.5\.4 /],
    ['octets beyond ASCII in ENVID', 'MAIL FROM:<a@outside.test> ENVID=x+FF', /^501 5\.5\.4 /],
    ['an unfinished escape', 'MAIL FROM:<a@outside.test> ENVID=x+4', /^501 5\.5\.4 /],
    ['a parameter twice', 'MAIL FROM:<a@outside.test> SIZE=1 SIZE=2', /^501 5\.5\.4 /],
    ['a tab in place of a space', 'MAIL FROM:<a@outside.test>\tSIZE=1', /^500 /],
    ['a bare CR', 'MAIL FROM:<a@outside.test>\rRCPT TO:<b@outside.test>', /^500 /],
    ['text behind the path', 'MAIL FROM:<a@outside.test>x', /^501 /],
    ['SMTPUTF8 with a value', 'MAIL FROM:<a@outside.test> SMTPUTF8=yes', /^501 5\.5\.4 /],
    ['UTF-8 without SMTPUTF8', 'MAIL FROM:<\u00c3\u00a9@outside.test>', /^553 5\.6\.7 /],
    ['octets that are no UTF-8', 'MAIL FROM:<\u00e9@outside.test> SMTPUTF8', /^500 /],
    ['overlong UTF-8', 'MAIL FROM:<\u00c1\u00a1@outside.test> SMTPUTF8', /^500 /],
    ['a surrogate in UTF-8', 'MAIL FROM:<\u00ed\u00a0\u0080@outside.test> SMTPUTF8', /^500 /],
    ['a C1 control in UTF-8', 'MAIL FROM:<a\u00c2\u0085b@outside.test> SMTPUTF8', /^500 /],
  ])('%s', async (_, command, refusal) => {
    const client = await greeted(server.ports.smtp)
    expect(await client.say(Buffer.from(`${command}\r\n`, 'latin1'), anyReply)).toMatch(refusal)
    client.destroy()
  })

  test('a HELO name of comments, quotes and semicolons stays inside its Received field (RFC 5321 §4.4)', async () => {
    const name = 'x(((";\\)by.evil.test,<@>(with'
    const client = await greeted(server.ports.smtp, name)
    expect((await transact(client, { to: alice, subject: 'odd helo' })).at(-1)).toMatch(/^250 /)
    client.destroy()
    const [message] = await find(alice, 'odd helo')
    const received = /^Received: ((?:[^\r]|\r\n[ \t])*)\r\n/m.exec(message?.source ?? '')?.[1] ?? ''
    expect(received).toMatch(/\sby \S+ with ESMTP id \S+/)
    expect(received).toMatch(/;\s+[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} [\d:]{8} [+-]\d{4}$/)
    expect(received).toMatch(/^from \S+ \(\[127\.0\.0\.1\]\)\s/)
    expect(received.replace('([127.0.0.1])', '')).not.toMatch(/[()"\\]/)
  })

  test('addresses of a JMAP submission (RFC 8621 §7.5)', async () => {
    const client = await jmap(server, alice)
    const { boxes, identities } = await client.call(['Mailbox/get', {}, 'boxes'], ['Identity/get', {}, 'identities'])
    const drafts =
      ((boxes?.['list'] ?? []) as { id: string; role: string }[]).find(({ role }) => role === 'drafts')?.id ?? ''
    const [identity] = (identities?.['list'] ?? []) as { id: string }[]
    const envelopes = [
      [alice, 'b@elsewhere.test>\r\nRCPT TO:<c@elsewhere.test', null],
      [alice, 'b@elsewhere.test> NOTIFY=NEVER', null],
      [alice, 'b@elsewhere.test\0', null],
      [`${alice}>\r\nRCPT TO:<c@elsewhere.test`, bob, null],
      ['evil@elsewhere.test', bob, null],
      [alice, bob, { ENVID: 'x\r\nDATA' }],
      [alice, bob, { 'X\r\nDATA': null }],
    ] as const
    const { email, submission } = await client.call(
      [
        'Email/set',
        {
          create: {
            draft: {
              mailboxIds: { [drafts]: true },
              from: [{ email: alice }],
              to: [{ email: bob }],
              subject: 'injected\r\nBcc: evil@elsewhere.test',
              bodyValues: { text: { value: 'x' } },
              textBody: [{ partId: 'text', type: 'text/plain' }],
            },
          },
        },
        'email',
      ],
      [
        'EmailSubmission/set',
        {
          create: Object.fromEntries(
            envelopes.map(([from, to, parameters], index) => [
              `s${index}`,
              {
                emailId: '#draft',
                identityId: identity?.id,
                envelope: { mailFrom: { email: from, parameters }, rcptTo: [{ email: to, parameters: null }] },
              },
            ]),
          ),
        },
        'submission',
      ],
    )
    expect(submission?.['created'] ?? {}).toEqual({})
    expect(Object.keys(submission?.['notCreated'] as object)).toHaveLength(envelopes.length)
    const blobId = (email?.['created'] as { draft?: { blobId: string } } | undefined)?.draft?.blobId
    if (blobId !== undefined) {
      const url = client.session.downloadUrl
        .replace('{accountId}', client.accountId)
        .replace('{blobId}', blobId)
        .replace('{name}', 'x')
        .replace('{type}', 'text%2Fplain')
      const headers = { authorization: `Basic ${Buffer.from(`${alice}:${server.password}`).toString('base64')}` }
      expect(await (await fetch(url, { headers })).text()).not.toMatch(/^Bcc:/m)
    }
  })
})

test('guessing passwords is slow and is hung up on, and the owner is not locked out (RFC 4954 §4)', async () => {
  const guess = async () => {
    const client = await greeted(server.ports.submission)
    const began = performance.now()
    let reply = ''
    for (let tries = 0; tries < 5 && !client.closed; tries++) {
      const wrong = plainResponse(bob, `guess ${tries}`)
      reply += await client.say(`AUTH PLAIN ${wrong}\r\n`, anyReply).catch((error: Error) => error.message)
      if (/^421/m.test(reply)) break
    }
    await client.untilClosed()
    return { reply, took: performance.now() - began }
  }
  const { reply, took } = await guess()
  expect(reply.match(/^535 5\.7\.8 /gm)).toHaveLength(3)
  // One second, then two, then four.
  expect(took).toBeGreaterThan(6_500)
  const client = await loggedIn(server.ports.submission, bob, server.password)
  client.destroy()
})

test('two hundred connections that say nothing do not keep others out', async () => {
  const idle = Array.from({ length: 200 }, () => createConnection(server.ports.smtp, '127.0.0.1'))
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('data', resolve))))
  const client = await greeted(server.ports.smtp)
  expect((await transact(client, { to: bob, subject: 'through the crowd' })).at(-1)).toMatch(/^250 /)
  client.destroy()
  for (const socket of idle) socket.destroy()
})
