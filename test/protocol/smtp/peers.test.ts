/**
 * Our engines on sockets against implementations that we did not write: nodemailer and its smtp-server.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import {
  type OutgoingMessage,
  type RecipientOutcome,
  type Reply,
  SmtpClient,
  type SmtpClientOptions,
  type SmtpEvent,
  SmtpServer,
} from '../../../src/protocol/smtp/index.ts'
import { message } from './client-transcript.ts'
import { type Delivered, options, submission, text } from './transcript.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Our server engine on a loopback port. */
async function serve(setup: typeof options, messages: Delivered[], seen: SmtpEvent[] = []): Promise<number> {
  const listener = createServer((socket) => {
    const engine = new SmtpServer(setup)
    let content = ''
    socket.write(engine.greeting())
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      engine.receive(chunk)
      for (let event = engine.next(); event !== undefined; event = engine.next()) {
        seen.push(event)
        if ('bytes' in event) socket.write(event.bytes)
        if (event.type === 'content') content += text(event.chunk)
        if (event.type === 'message') messages.push({ envelope: event.envelope, content })
        if (event.type === 'quit' || event.type === 'close') socket.end()
        if (engine.waiting) socket.write(engine.respond(answer(event)))
      }
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  closing.push(() => new Promise((resolve) => listener.close(resolve)))
  return (listener.address() as AddressInfo).port
}

function answer(event: SmtpEvent): Reply {
  if (event.type === 'auth')
    return 'password' in event.credentials && event.credentials.password === 'secret'
      ? { code: 235, text: 'ok' }
      : { code: 535, text: 'no' }
  if (event.type === 'data') return { code: 354, text: 'go' }
  if (event.type === 'recipient' && event.recipient.address.startsWith('unknown@'))
    return { code: 550, enhanced: '5.1.1', text: 'Unknown' }
  return { code: 250, text: 'ok' }
}

test.each(['PLAIN', 'LOGIN'])('nodemailer submits with AUTH %s, DSN parameters and dots', async (authMethod) => {
  const messages: Delivered[] = []
  const port = await serve(submission, messages)
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    ignoreTLS: true,
    authMethod,
    auth: { user: 'alice', pass: 'secret' },
  })
  const raw = 'Subject: dots\r\n\r\n.\r\n..\r\n.end\r\n'
  const info = await transport.sendMail({
    envelope: { from: 'alice@a.example', to: ['bob@b.example', 'unknown@b.example'] },
    raw,
    dsn: { id: 'id+1', return: 'headers', notify: ['failure', 'delay'], recipient: 'bob@b.example' },
  })
  transport.close()
  expect(info.accepted).toEqual(['bob@b.example'])
  expect(info.rejected).toEqual(['unknown@b.example'])
  expect(messages).toEqual([
    {
      content: raw,
      envelope: {
        reversePath: 'alice@a.example',
        recipients: [{ address: 'bob@b.example', notify: ['FAILURE', 'DELAY'], orcpt: 'rfc822;bob@b.example' }],
        smtputf8: false,
        body: '7BIT',
        ret: 'HDRS',
        envid: 'id+1',
      },
    },
  ])
})

test('nodemailer sends an internationalised address', async () => {
  const messages: Delivered[] = []
  const transport = createTransport({ host: '127.0.0.1', port: await serve(options, messages), ignoreTLS: true })
  await transport.sendMail({ envelope: { from: 'a@a.example', to: ['用户@b.example'] }, raw: 'Subject: x\r\n\r\nx' })
  transport.close()
  expect(messages[0]?.envelope).toMatchObject({ smtputf8: true, recipients: [{ address: '用户@b.example' }] })
})

test('nodemailer is refused with a wrong password', async () => {
  const transport = createTransport({
    host: '127.0.0.1',
    port: await serve(submission, []),
    ignoreTLS: true,
    auth: { user: 'alice', pass: 'wrong' },
  })
  await expect(transport.sendMail({ from: 'a@a.example', to: 'b@b.example', text: 'x' })).rejects.toMatchObject({
    responseCode: 535,
  })
  transport.close()
})

/** Sends messages through our client engine; resolves when the engine says `close`. */
function deliver(
  port: number,
  setup: Partial<SmtpClientOptions>,
  messages: OutgoingMessage[],
): Promise<RecipientOutcome[][]> {
  return new Promise((resolve, reject) => {
    const engine = new SmtpClient({ hostname: 'us.example', tls: 'none', ...setup })
    const socket: Socket = connect(port, '127.0.0.1')
    const results: RecipientOutcome[][] = []
    const queue = [...messages]
    const drain = () => {
      for (let event = engine.next(); event !== undefined; event = engine.next()) {
        if (event.type === 'write') socket.write(event.bytes)
        if (event.type === 'outcome') results.push(event.recipients)
        if (event.type === 'failed') reject(new Error(event.failure.diagnostic))
        if (event.type === 'close') {
          socket.end()
          resolve(results)
        }
        if (event.type !== 'ready') continue
        const next = queue.shift()
        if (next === undefined) engine.quit()
        else engine.send(next)
      }
    }
    socket.on('data', (chunk) => {
      engine.receive(chunk)
      drain()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      engine.closed('the connection was closed')
      drain()
    })
  })
}

test('our client delivers to smtp-server: AUTH, several messages, a refused recipient', async () => {
  const received: string[] = []
  const peer = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _, done) =>
      done(username === 'alice' && password === 'secret' ? null : new Error('no'), { user: username ?? '' }),
    onRcptTo: ({ address }, _, done) => done(address === 'unknown@d.example' ? new Error('unknown') : null),
    onData(stream, _, done) {
      let content = ''
      stream.setEncoding('latin1')
      stream.on('data', (chunk: string) => (content += chunk))
      stream.on('end', () => {
        received.push(content)
        done()
      })
    },
  })
  peer.listen(0, '127.0.0.1')
  await once(peer.server, 'listening')
  closing.push(() => new Promise((resolve) => peer.close(() => resolve(undefined))))
  const { port } = peer.server.address() as AddressInfo

  const large = `Subject: large\r\n\r\n${'.line\r\n'.repeat(200_000)}`
  const results = await deliver(port, { auth: { user: 'alice', password: 'secret' }, allowPlaintextAuth: true }, [
    message('Subject: x\r\n\r\n.\r\n', ['c@d.example', 'unknown@d.example']),
    message(large),
  ])
  expect(results.map((outcomes) => outcomes.map(({ status }) => status))).toEqual([
    ['delivered', 'bounced'],
    ['delivered'],
  ])
  expect(received).toEqual(['Subject: x\r\n\r\n.\r\n', large])
})
