/**
 * The whole journey of a message through the server as a user starts it, with clients and peers nobody here wrote.
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alice, bob, jmap, readMailbox, sendAs, sendFromOutside, waitForMessages } from './clients.ts'
import { startDohServer, type DohServer } from './doh-server.ts'
import { startRemoteServer, type RemoteServer } from './remote-server.ts'
import { facteur, removeDirectory, startFacteur, type RunningFacteur } from './server.ts'

let server: RunningFacteur
let remote: RemoteServer
let doh: DohServer

beforeAll(async () => {
  remote = await startRemoteServer()
  doh = await startDohServer({
    'elsewhere.test': [
      { type: 'MX', preference: 20, exchange: 'backup.elsewhere.test' },
      { type: 'MX', preference: 10, exchange: 'mx.elsewhere.test' },
    ],
    'mx.elsewhere.test': [{ type: 'A', address: '127.0.0.1' }],
    'backup.elsewhere.test': [{ type: 'A', address: '127.0.0.1' }],
    'no-mail.test': [{ type: 'MX', preference: 0, exchange: '.' }],
    'implicit.test': [{ type: 'A', address: '127.0.0.1' }],
  })
  server = await startFacteur({
    flags: [
      '--doh',
      doh.url,
      '--mx-port',
      String(remote.port),
      '--retry-first-seconds',
      '0.2',
      '--hostname',
      'mail.facteur.test',
    ],
  })
})

afterAll(async () => {
  await server?.stop()
  await remote?.close()
  await doh?.close()
  if (server !== undefined) removeDirectory(server.data)
})

describe('from outside', () => {
  test('a message reaches the mailbox byte for byte, with its trace on top (RFC 5321 §4.4)', async () => {
    const raw =
      'From: someone@outside.test\r\nTo: alice@facteur.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.dot\r\nlast line\r\n'
    await sendFromOutside(server, { envelope: { from: 'someone@outside.test', to: alice }, raw })
    const [message] = await waitForMessages(server, alice, 1)
    expect(message?.subject).toBe('Grüße')
    expect(message?.source.endsWith(raw)).toBe(true)
    expect(message?.source).toMatch(/^Return-Path: <someone@outside\.test>\r\n/)
    expect(message?.source).toMatch(/^Delivered-To: alice@facteur\.test\r\n/m)
    expect(message?.source).toMatch(/^Received: from .*\sby mail\.facteur\.test with ESMTPS /ms)
  })

  test('an unknown user is refused in the dialogue: 550 5.1.1', async () => {
    await expect(sendFromOutside(server, { to: 'nobody@facteur.test', text: 'x' })).rejects.toMatchObject({
      responseCode: 550,
      response: expect.stringContaining('5.1.1'),
    })
  })

  test('relaying is refused to a stranger: 550 5.7.1', async () => {
    await expect(sendFromOutside(server, { to: 'someone@elsewhere.test', text: 'x' })).rejects.toMatchObject({
      responseCode: 550,
      response: expect.stringContaining('5.7.1'),
    })
  })

  test('a subaddress reaches its account, and the detail stays visible', async () => {
    await sendFromOutside(server, { to: 'bob+news@facteur.test', subject: 'tagged', text: 'x' })
    const messages = await waitForMessages(server, bob, 1)
    expect(messages.find((message) => message.subject === 'tagged')?.source).toMatch(
      /^Delivered-To: bob\+news@facteur\.test\r$/m,
    )
  })
})

describe('between accounts of one domain', () => {
  test('alice sends to bob, bob reads it over JMAP and is told by EventSource', async () => {
    const client = await jmap(server, bob)
    const url = client.session.eventSourceUrl
      .replace('{types}', 'Email')
      .replace('{closeafter}', 'state')
      .replace('{ping}', '0')
    const authorization = `Basic ${Buffer.from(`${bob}:${server.password}`).toString('base64')}`
    const events = await fetch(url, { headers: { authorization } })
    expect(events.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await sendAs(server, alice, { to: bob, subject: 'lunch?', text: 'At noon.' })
    const pushed = await events.text()
    expect(pushed).toMatch(/event: state/)
    expect(pushed).toContain('"Email"')

    const { query, get } = await client.call(
      [
        'Email/query',
        { filter: { subject: 'lunch?' }, sort: [{ property: 'receivedAt', isAscending: false }] },
        'query',
      ],
      [
        'Email/get',
        {
          '#ids': { resultOf: 'query', name: 'Email/query', path: '/ids' },
          properties: ['subject', 'from', 'preview', 'keywords'],
        },
        'get',
      ],
    )
    expect(query?.['ids']).toHaveLength(1)
    expect(get?.['list']).toMatchObject([
      { subject: 'lunch?', from: [{ email: alice }], preview: 'At noon.', keywords: {} },
    ])
  })

  test('a sender address that is not the user’s own is refused', async () => {
    await expect(sendAs(server, alice, { from: bob, to: bob, text: 'x' })).rejects.toMatchObject({ responseCode: 553 })
  })
})

describe('to outside', () => {
  test('through the preferred mail exchanger, with STARTTLS', async () => {
    await sendAs(server, alice, { to: 'friend@elsewhere.test', subject: 'far away', text: 'Hello.' })
    const mail = await remote.next()
    expect(mail).toMatchObject({ from: alice, to: ['friend@elsewhere.test'], secure: true })
    expect(mail.raw).toContain('Subject: far away')
    expect(doh.questions).toContain('MX elsewhere.test')
  })

  test('through JMAP: a draft is made, submitted and moved to Sent', async () => {
    const client = await jmap(server, alice)
    const { boxes, identities } = await client.call(['Mailbox/get', {}, 'boxes'], ['Identity/get', {}, 'identities'])
    const box = (role: string) =>
      (boxes?.['list'] as { id: string; role: string }[] | undefined)?.find((item) => item.role === role)?.id ?? ''
    const [identity] = (identities?.['list'] ?? []) as { id: string }[]
    const { email, submission } = await client.call(
      [
        'Email/set',
        {
          create: {
            draft: {
              mailboxIds: { [box('drafts')]: true },
              keywords: { $draft: true, $seen: true },
              from: [{ email: alice, name: 'Alice' }],
              to: [{ email: 'friend@elsewhere.test' }],
              subject: 'von JMAP',
              bodyValues: { body: { value: 'Grüße aus der Ferne' } },
              textBody: [{ partId: 'body', type: 'text/plain' }],
            },
          },
        },
        'email',
      ],
      [
        'EmailSubmission/set',
        {
          create: { send: { emailId: '#draft', identityId: identity?.id } },
          onSuccessUpdateEmail: {
            '#send': {
              [`mailboxIds/${box('drafts')}`]: null,
              [`mailboxIds/${box('sent')}`]: true,
              'keywords/$draft': null,
            },
          },
        },
        'submission',
      ],
    )
    expect(email?.['notCreated'] ?? null).toBeNull()
    expect(submission?.['notCreated'] ?? null).toBeNull()
    expect((await remote.next()).raw).toMatch(/Subject: von JMAP/)
    const sent = await readMailbox(server, alice, 'Sent')
    expect(sent.map((message) => message.subject)).toContain('von JMAP')
  })

  test('a domain without MX is reached at its address (RFC 5321 §5.1)', async () => {
    await sendAs(server, alice, { to: 'friend@implicit.test', subject: 'implicit', text: 'x' })
    expect(await remote.next()).toMatchObject({ to: ['friend@implicit.test'] })
  })

  test('a temporary refusal is tried again', async () => {
    let refusals = 0
    remote.onRecipient = () => (refusals++ < 2 ? { code: 451, text: '4.7.1 greylisted' } : undefined)
    await sendAs(server, alice, { to: 'grey@elsewhere.test', subject: 'again', text: 'x' })
    const mail = await remote.next()
    remote.onRecipient = () => undefined
    expect(mail).toMatchObject({ to: ['grey@elsewhere.test'] })
    expect(refusals).toBe(3)
  })

  test('a permanent refusal comes back as a report in alice’s inbox (RFC 3464)', async () => {
    const before = (await readMailbox(server, alice)).length
    remote.onRecipient = (address) =>
      address.startsWith('gone') ? { code: 550, text: '5.1.1 no such user' } : undefined
    await sendAs(server, alice, { to: 'gone@elsewhere.test', subject: 'lost letter', text: 'x' })
    const messages = await waitForMessages(server, alice, before + 1)
    remote.onRecipient = () => undefined
    const report = messages.at(-1)
    expect(report?.source).toMatch(/^Return-Path: <>\r$/m)
    expect(report?.source).toMatch(/^Content-Type: multipart\/report;/im)
    expect(report?.source).toMatch(/report-type="?delivery-status"?/i)
    expect(report?.source).toMatch(/^Final-Recipient: rfc822; ?gone@elsewhere\.test\r$/im)
    expect(report?.source).toMatch(/^Action: failed\r$/im)
    expect(report?.source).toMatch(/^Status: 5\.1\.1\r$/im)
    expect(report?.source).toContain('Subject: lost letter')
  })

  test('a domain that takes no mail bounces at once (RFC 7505)', async () => {
    const before = (await readMailbox(server, alice)).length
    await sendAs(server, alice, { to: 'x@no-mail.test', subject: 'null mx', text: 'x' })
    const messages = await waitForMessages(server, alice, before + 1)
    expect(messages.at(-1)?.source).toMatch(/^Status: 5\.1\.10\r$/im)
  })

  test('a message that waits is seen and retried by the operator', async () => {
    remote.onRecipient = () => ({ code: 450, text: '4.2.1 mailbox busy' })
    await sendAs(server, alice, { to: 'busy@elsewhere.test', subject: 'waiting', text: 'x' })
    const listed = async () =>
      JSON.parse((await facteur(['queue', 'list', 'elsewhere.test', '--json', '--data', server.data])).stdout) as {
        id: string
      }[]
    await expect.poll(listed, { timeout: 20_000 }).toHaveLength(1)
    remote.onRecipient = () => undefined
    const retried = await facteur(['queue', 'retry', 'elsewhere.test', '--data', server.data])
    expect(retried.code).toBe(0)
    expect(await remote.next()).toMatchObject({ to: ['busy@elsewhere.test'] })
    await expect.poll(listed, { timeout: 20_000 }).toHaveLength(0)
  })
})

describe('administration', () => {
  test('a domain, an account and an alias made with the command are used at once', async () => {
    const run = (...args: string[]) => facteur([...args, '--data', server.data])
    expect(await run('domain', 'add', 'second.test')).toMatchObject({ code: 0 })
    expect(await run('account', 'add', 'carol@second.test', '--password', server.password)).toMatchObject({ code: 0 })
    expect(await run('alias', 'set', 'sales@second.test', 'carol@second.test', 'bob@facteur.test')).toMatchObject({
      code: 0,
    })
    expect(await run('alias', 'set', '*@second.test', 'carol@second.test')).toMatchObject({ code: 0 })
    expect((await run('account', 'list')).stdout).toContain('carol@second.test')

    await sendFromOutside(server, { to: 'sales@second.test', subject: 'offer', text: 'x' })
    await sendFromOutside(server, { to: 'whatever@second.test', subject: 'caught', text: 'x' })
    const carol = await waitForMessages(server, 'carol@second.test', 2)
    expect(carol.map((message) => message.subject)).toEqual(['offer', 'caught'])
    expect((await readMailbox(server, bob)).map((message) => message.subject)).toContain('offer')
  })

  test('a changed password counts at once, and a removed account is unknown', async () => {
    const run = (...args: string[]) => facteur([...args, '--data', server.data])
    await run('account', 'add', 'dave@facteur.test', '--password', 'first-password')
    expect(await run('account', 'passwd', 'dave@facteur.test', '--password', server.password)).toMatchObject({
      code: 0,
    })
    expect(await readMailbox(server, 'dave@facteur.test')).toEqual([])
    expect(await run('account', 'rm', 'dave@facteur.test')).toMatchObject({ code: 0 })
    await expect(sendFromOutside(server, { to: 'dave@facteur.test', text: 'x' })).rejects.toMatchObject({
      responseCode: 550,
    })
  })

  test('what does not exist is said in one sentence, with exit code 1', async () => {
    const result = await facteur(['account', 'rm', 'ghost@facteur.test', '--data', server.data])
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^facteur account: .*ghost@facteur\.test.*\.\n$/),
    })
  })
})

describe('a hostile client', () => {
  test('smuggling with a bare LF dot is not an end of message (RFC 5321 §2.3.8)', async () => {
    const lines = await dialogue(server.ports.smtp, [
      'EHLO evil.test',
      'MAIL FROM:<a@outside.test>',
      'RCPT TO:<alice@facteur.test>',
      'DATA',
      'Subject: outer\r\n\r\nbody\n.\nMAIL FROM:<b@outside.test>\nRCPT TO:<bob@facteur.test>\nDATA\nSubject: smuggled\r\n\r\nx\r\n.',
      'QUIT',
    ])
    expect(lines.filter((line) => line.startsWith('250 2.0.0')).length).toBeLessThanOrEqual(1)
    const messages = await readMailbox(server, bob)
    expect(messages.map((message) => message.subject)).not.toContain('smuggled')
  })
})

/** Writes each step after the answer to the one before; returns all lines received. */
async function dialogue(port: number, steps: readonly string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  const lines: string[] = []
  const queue = [...steps]
  for await (const line of createInterface({ input: socket })) {
    lines.push(line)
    if (line[3] === '-') continue
    const step = queue.shift()
    if (step === undefined) break
    socket.write(`${step}\r\n`)
  }
  socket.destroy()
  return lines
}
