import { randomBytes } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { describe, expect, it } from 'vitest'
import { greeted, message, ready, transaction } from './dialogue.ts'
import { accepting, FakeWorker, type SeenRequest } from './fake-worker.ts'
import { afterwards, scene } from './scene.ts'

describe('mail from other servers', () => {
  it('hands the message over byte for byte with envelope and origin, and passes the reply on', async () => {
    const { worker, client } = await scene()
    const smtp = await greeted(await client('smtp'))
    expect(await transaction(smtp)).toBe('250 2.0.0 Stored\r\n')
    const [delivery] = worker.operations('deliver')
    expect(delivery?.body.toString()).toBe('Subject: hello\r\n\r\nline\r\n.dotted\r\n')
    expect(delivery?.head.envelope).toMatchObject({
      reversePath: 'a@example.org',
      recipients: [{ address: 'bob@example.com' }],
    })
    expect(delivery?.head.origin).toMatchObject({
      kind: 'smtp',
      clientAddress: '127.0.0.1',
      helo: 'client.example',
      protocol: 'ESMTP',
    })
    expect(await smtp.say('QUIT\r\n', /^221/)).toMatch(/^221/)
    await smtp.untilClosed()
  })

  it("refuses an unknown recipient in the dialogue with the Worker's words", async () => {
    const { client } = await scene()
    const smtp = await greeted(await client('smtp'))
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    expect(await smtp.say('RCPT TO:<unknown@example.com>\r\n', /\r\n/)).toBe('550 5.1.1 No such user\r\n')
  })

  it('answers a pipelined batch in order (RFC 2920 §3.2)', async () => {
    const { client } = await scene()
    const smtp = await greeted(await client('smtp'))
    const answers = await smtp.say(
      'MAIL FROM:<a@example.org>\r\nRCPT TO:<bob@example.com>\r\nRCPT TO:<unknown@example.com>\r\nDATA\r\n',
      /^354 .*\r\n/m,
    )
    expect(answers.split('\r\n').map((line) => line.slice(0, 3))).toEqual(['250', '250', '550', '354', ''])
    expect(await smtp.say(`${message}.\r\nMAIL FROM:<>\r\nNOOP\r\n`, /(?:.*\r\n){3}/)).toMatch(/^250.*\r\n250.*\r\n250/)
  })

  it('carries a large message through in parts (link frames of at most 1 MiB)', async () => {
    const { worker, client } = await scene()
    const smtp = await greeted(await client('smtp'))
    const body = `${randomBytes(2_400_000).toString('hex').replaceAll(/.{78}/g, '$&\r\n')}\r\n`
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    await smtp.say('RCPT TO:<bob@example.com>\r\n', /\r\n/)
    await smtp.say('DATA\r\n', /^354/)
    expect(await smtp.say(`${body}.\r\n`, /\r\n/)).toMatch(/^250/)
    expect(worker.operations('deliver')[0]?.body.equals(Buffer.from(body))).toBe(true)
  })

  it('takes a message sent byte by byte', async () => {
    const { worker, client } = await scene()
    const smtp = await greeted(await client('smtp'))
    const all = `MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n`
    for (const char of all) smtp.write(char)
    await smtp.expect(/^354/m)
    for (const char of `${message}.\r\n`) smtp.write(char)
    await smtp.expect(/^250 2\.0\.0 Stored/m)
    expect(worker.operations('deliver')[0]?.body.length).toBe(message.length - 1)
  })

  it('answers a client that closes its side after the last command', async () => {
    const { client } = await scene()
    const smtp = await client('smtp')
    await smtp.expect(ready)
    smtp.write('HELO c.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\n')
    smtp.end()
    expect(await smtp.untilClosed()).toMatch(/250 .*\r\n250 .*\r\n250 2\.1\.5/)
  })

  it('refuses what is larger than the Worker takes (RFC 1870 §6)', async () => {
    const { client } = await scene({}, (worker) => (worker.maxMessageSize = 5_000))
    const smtp = await client('smtp')
    await smtp.expect(ready)
    expect(await smtp.say('EHLO c.example\r\n', /^250 .*\r\n/m)).toMatch(/SIZE 5000/)
    expect(await smtp.say('MAIL FROM:<a@example.org> SIZE=5001\r\n', /\r\n/)).toMatch(/^552/)
  })
})

describe('when the Worker does not answer', () => {
  it('says 451 while there is no link, and works again when there is', async () => {
    const { worker, client, log } = await scene()
    const smtp = await greeted(await client('smtp'))
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    const { port } = worker
    await worker.stop()
    expect(await smtp.say('RCPT TO:<b@example.com>\r\n', /\r\n/)).toMatch(/^451 4\.3\.0/)
    expect(log.some((line) => line.event === 'link-down')).toBe(true)
    const again = await FakeWorker.start(port)
    afterwards(() => again.stop())
    await again.until(() => again.operations('hello').length > 0)
    while (log.filter((line) => line.event === 'link-up').length < 2)
      await new Promise((resolve) => setImmediate(resolve))
    expect(await smtp.say('RCPT TO:<b@example.com>\r\n', /\r\n/)).toMatch(/^250/)
  })

  it('says 451 when the link dies under a delivery: the sender comes again', async () => {
    const { worker, client } = await scene({}, (fake) => {
      fake.onRequest = (request) => (request.head.op === 'deliver' ? undefined : accepting(request))
    })
    const smtp = await greeted(await client('smtp'))
    const reply = transaction(smtp)
    await worker.until(() => worker.operations('deliver').length === 1)
    worker.cut()
    expect(await reply).toMatch(/^451 4\.3\.0/)
  })

  it('says 451 when the answer does not come in time', async () => {
    const { client } = await scene({ limits: { requestMs: 50 } }, (fake) => (fake.onRequest = () => undefined))
    const smtp = await greeted(await client('smtp'))
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    expect(await smtp.say('RCPT TO:<b@example.com>\r\n', /\r\n/)).toMatch(/^451 4\.3\.0/)
  })

  it.each([
    ['an error', { error: 'broken' }],
    ['no reply', {}],
    ['a reply that is none', { reply: { code: 99, text: 'x' } }],
    ['text that is none', { reply: { code: 250, text: 7 } }],
  ])('says 451 when the answer is %s', async (_name, answer) => {
    const { client } = await scene({}, (fake) => (fake.onRequest = () => answer))
    const smtp = await greeted(await client('smtp'))
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    expect(await smtp.say('RCPT TO:<b@example.com>\r\n', /\r\n/)).toMatch(/^451 4\.3\.0/)
  })

  it('keeps line breaks of an answer inside its line', async () => {
    const answer = { reply: { code: 550, enhanced: '5.1.1', text: 'no\r\n250 yes' } }
    const { client } = await scene({}, (fake) => (fake.onRequest = () => answer))
    const smtp = await greeted(await client('smtp'))
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    expect(await smtp.say('RCPT TO:<b@example.com>\r\n', /\r\n/)).toBe('550 5.1.1 no 250 yes\r\n')
  })
})

describe('submission', () => {
  it('takes mail from nodemailer over STARTTLS, asks for the sender and names the account', async () => {
    const { worker, port } = await scene()
    const transport = createTransport({
      host: '127.0.0.1',
      port: port('submission'),
      requireTLS: true,
      auth: { user: 'alice', pass: 'correct' },
      tls: { rejectUnauthorized: false },
    })
    afterwards(() => transport.close())
    await transport.sendMail({ from: 'alice@example.com', to: 'bob@example.org', subject: 'x', text: 'hello' })
    expect(worker.operations('authenticate')[0]?.head).toMatchObject({
      service: 'submission',
      login: 'alice',
      clientAddress: '127.0.0.1',
    })
    expect(worker.operations('sender')[0]?.head).toMatchObject({ accountId: 'a1', address: 'alice@example.com' })
    expect(worker.operations('recipient')[0]?.head.origin).toMatchObject({ accountId: 'a1' })
    const origin = worker.operations('deliver')[0]?.head.origin as Record<string, unknown>
    expect(origin).toMatchObject({ kind: 'submission', accountId: 'a1', protocol: 'ESMTPSA' })
    expect(origin.tls).toMatchObject({ version: 'TLSv1.3' })
  })

  it('takes mail from nodemailer over implicit TLS (RFC 8314 §3.3)', async () => {
    const { worker, port } = await scene()
    const transport = createTransport({
      host: '127.0.0.1',
      port: port('submissions'),
      secure: true,
      auth: { user: 'alice', pass: 'correct' },
      tls: { rejectUnauthorized: false },
    })
    afterwards(() => transport.close())
    await transport.sendMail({ from: 'alice@example.com', to: 'bob@example.org', subject: 'x', text: 'hello' })
    expect(worker.operations('deliver')).toHaveLength(1)
  })

  it('refuses a wrong password late and ends after too many (RFC 4954 §4)', async () => {
    const { client, log } = await scene()
    const smtp = await greeted(await client('submissions'))
    const wrong = `AUTH PLAIN ${Buffer.from('\0alice\0wrong').toString('base64')}\r\n`
    expect(await smtp.say(wrong, /\r\n/)).toMatch(/^535 5\.7\.8/)
    smtp.write(wrong)
    smtp.write(wrong)
    expect(await smtp.untilClosed()).toMatch(/421/)
    expect(log.filter((line) => line.event === 'login' && line.facts.ok === false)).toHaveLength(3)
    expect(JSON.stringify(log)).not.toMatch(/wrong|correct/)
  })

  it('does not let one user act as another (RFC 4616 §2)', async () => {
    const { worker, client } = await scene()
    const smtp = await greeted(await client('submissions'))
    const login = Buffer.from('bob\0alice\0correct').toString('base64')
    expect(await smtp.say(`AUTH PLAIN ${login}\r\n`, /\r\n/)).toMatch(/^535/)
    expect(worker.operations('authenticate')).toHaveLength(0)
  })

  it('says 454 when nobody can tell (RFC 4954 §4)', async () => {
    const { client } = await scene({}, (fake) => (fake.onRequest = () => ({ error: 'down' })))
    const smtp = await greeted(await client('submissions'))
    const login = Buffer.from('\0alice\0correct').toString('base64')
    expect(await smtp.say(`AUTH PLAIN ${login}\r\n`, /\r\n/)).toMatch(/^454 4\.7\.0/)
  })

  it('refuses a reverse-path that is not the sender’s', async () => {
    const { client } = await scene({}, (fake) => {
      fake.onRequest = (request: SeenRequest) =>
        request.head.op === 'sender'
          ? { reply: { code: 553, enhanced: '5.7.1', text: 'Not your address' } }
          : accepting(request)
    })
    const smtp = await greeted(await client('submissions'))
    const login = Buffer.from('\0alice\0correct').toString('base64')
    await smtp.say(`AUTH PLAIN ${login}\r\n`, /^235/)
    expect(await smtp.say('MAIL FROM:<eve@example.com>\r\n', /\r\n/)).toMatch(/^553 5\.7\.1/)
  })

  it('asks once about the address that a session goes on using', async () => {
    const { worker, client } = await scene()
    const smtp = await greeted(await client('submissions'))
    await smtp.say(`AUTH PLAIN ${Buffer.from('\0alice\0correct').toString('base64')}\r\n`, /^235/)
    for (const from of ['alice', 'alice', 'other', 'alice']) {
      expect(await smtp.say(`MAIL FROM:<${from}@example.com>\r\n`, /\r\n/)).toMatch(/^250/)
      expect(await smtp.say('RSET\r\n', /\r\n/)).toMatch(/^250/)
    }
    const asked = worker.operations('sender').map(({ head }) => head.address)
    expect(asked).toEqual(['alice@example.com', 'other@example.com', 'alice@example.com'])
  })

  it('offers no AUTH in clear text when plain-text logins are off', async () => {
    const { client } = await scene({ allowPlaintextLogin: false })
    const smtp = await client('submission')
    await smtp.expect(ready)
    const offer = await smtp.say('EHLO c.example\r\n', /^250 .*\r\n/m)
    expect(offer).toMatch(/STARTTLS/)
    expect(offer).not.toMatch(/AUTH/)
  })
})
