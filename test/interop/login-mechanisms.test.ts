/**
 * Logins and compression as clients that nobody here wrote do them: curl, mbsync (by Cyrus SASL) and Python where the
 * machine has them, imapflow and nodemailer.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alice, bob, readMailbox, sendFromOutside } from './clients.ts'
import { run, wants } from './programs.ts'
import { facteur, removeDirectory, startFacteur, type RunningFacteur } from './server.ts'

let server: RunningFacteur
let token: string

beforeAll(async () => {
  server = await startFacteur()
  await sendFromOutside(server, { to: alice, subject: 'for alice', text: 'Hello. '.repeat(10_000) })
  token = (await facteur(['account', 'token', alice, '--data', server.data])).stdout.trim()
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

function directory(name: string): string {
  const path = join(server.data, name)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}

describe('tokens (RFC 7628)', () => {
  test.each(['OAUTHBEARER', 'XOAUTH2'])('curl reads and sends with %s', async (mechanism) => {
    const login = ['-sS', '-k', '--login-options', `AUTH=${mechanism}`, '--oauth2-bearer', token, '-u', `${alice}:`]
    const { imaps, pop3s, submissions } = server.ports
    const doors = [`imaps://127.0.0.1:${imaps}/INBOX;MAILINDEX=1`, `pop3s://127.0.0.1:${pop3s}/1`]
    for (const door of doors) expect((await run('curl', [...login, door])).stdout).toContain('Subject: for alice')
    const file = join(directory('curl'), 'mail')
    const subject = `by ${mechanism}`
    writeFileSync(file, `From: ${alice}\r\nTo: ${bob}\r\nSubject: ${subject}\r\n\r\nHello.\r\n`)
    const mail = ['--mail-from', alice, '--mail-rcpt', bob, '-T', file]
    await run('curl', [...login, ...mail, `smtps://127.0.0.1:${submissions}`])
    expect((await readMailbox(server, bob)).map((message) => message.subject)).toContain(subject)
  })

  // Each failure makes the next answer later.
  test.each([
    ['OAUTHBEARER', 'imaps'],
    ['XOAUTH2', 'pop3s'],
  ] as const)('curl is refused with a token that is wrong: %s over %s', async (mechanism, door) => {
    const login = [
      '-sS',
      '-k',
      '--login-options',
      `AUTH=${mechanism}`,
      '--oauth2-bearer',
      `${token}x`,
      '-u',
      `${alice}:`,
    ]
    await expect(run('curl', [...login, `${door}://127.0.0.1:${server.ports[door]}/`])).rejects.toMatchObject({
      code: 67,
    })
  })

  test('imapflow and nodemailer log in with a token', async () => {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: server.ports.imaps,
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { user: alice, accessToken: token },
      logger: false,
    })
    await client.connect()
    expect((await client.mailboxOpen('INBOX')).exists).toBeGreaterThan(0)
    await client.logout()
    const transport = createTransport({
      host: '127.0.0.1',
      port: server.ports.submissions,
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { type: 'OAuth2', user: alice, accessToken: token },
    })
    expect(await transport.verify()).toBe(true)
  })
})

describe('SCRAM-SHA-256 (RFC 7677)', () => {
  test('mbsync, which speaks by Cyrus SASL', async (context) => {
    await wants(context, 'mbsync')
    const home = directory('mbsync')
    const file = join(home, 'mbsyncrc')
    const config = (password: string) => `IMAPStore far
Host 127.0.0.1
Port ${server.ports.imap}
User ${alice}
Pass ${password}
SSLType None
AuthMechs SCRAM-SHA-256

MaildirStore near
Path ${home}/
Inbox ${home}/INBOX

Channel all
Far :far:
Near :near:
Create Near
SyncState *
`
    writeFileSync(file, config(server.password))
    const sync = () => run('mbsync', ['-c', file, '-a'], { env: { ...process.env, HOME: home } })
    await sync().catch((error: { stderr?: string }) => {
      if (/no mechanism available|mechanisms.*not available/i.test(error.stderr ?? '')) {
        return context.skip('the SCRAM module of Cyrus SASL is not installed')
      }
      throw error
    })
    const files = ['cur', 'new'].flatMap((part) => readdirSync(join(home, 'INBOX', part)))
    expect(files).toHaveLength(1)
    writeFileSync(file, config('wrong'))
    await expect(sync()).rejects.toMatchObject({ stderr: expect.stringMatching(/AUTHENTICATIONFAILED/) as string })
  })
})

describe('COMPRESS=DEFLATE (RFC 4978)', () => {
  test('imapflow compresses, reads, appends a megabyte, waits in IDLE, and logs out', async () => {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: server.ports.imap,
      secure: false,
      tls: { rejectUnauthorized: false },
      auth: { user: alice, pass: server.password },
      logger: false,
    })
    await client.connect()
    expect((client as unknown as { _inflate: unknown })._inflate, 'imapflow has compressed').toBeTruthy()
    await client.mailboxOpen('INBOX')
    const first = await client.fetchOne('1', { source: true })
    expect(first !== false && first.source?.toString()).toContain('Subject: for alice')
    const large = `Subject: large\r\n\r\n${'0123456789abcdef\r\n'.repeat(60_000)}`
    await client.append('Archive', large)
    const arrived = new Promise<void>((resolve) => client.once('exists', () => resolve()))
    void client.idle()
    await sendFromOutside(server, { to: alice, subject: 'while idle', text: 'Hi.' })
    await arrived
    await client.mailboxOpen('Archive')
    const stored = await client.fetchOne('*', { source: true })
    expect(stored !== false && stored.source?.toString()).toBe(large)
    await client.logout()
  })
})

test('imaplib compresses by hand, and comes back to the login (RFC 4978, RFC 8437)', async (context) => {
  await wants(context, 'python3')
  const script = `
import imaplib, sys, zlib
imaplib.Commands.update({'COMPRESS': ('AUTH', 'SELECTED'), 'UNAUTHENTICATE': ('AUTH', 'SELECTED')})
port, user, other, password = int(sys.argv[1]), *sys.argv[2:]
m = imaplib.IMAP4('127.0.0.1', port)
m.login(user, password)
assert m.xatom('COMPRESS', 'DEFLATE')[0] == 'OK'
deflate, inflate, buffer = zlib.compressobj(6, zlib.DEFLATED, -15), zlib.decompressobj(-15), bytearray()
def fill(enough):
    while not enough():
        got = m.sock.recv(65536)
        if not got: return
        buffer.extend(inflate.decompress(got))
def readline():
    fill(lambda: b'\\n' in buffer)
    end = buffer.find(b'\\n') + 1
    line = bytes(buffer[:end]); del buffer[:end]
    return line
def read(size):
    fill(lambda: len(buffer) >= size)
    data = bytes(buffer[:size]); del buffer[:size]
    return data
m.readline, m.read = readline, read
m.send = lambda data: m.sock.sendall(deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH))
m.select('INBOX')
assert b'Subject: for alice' in m.fetch('1', '(RFC822)')[1][0][1]
try:
    raise SystemExit(m.xatom('COMPRESS', 'DEFLATE'))
except SystemExit as again:
    assert again.code[0] == 'NO' and b'COMPRESSIONACTIVE' in again.code[1][0], again.code
assert m.xatom('UNAUTHENTICATE')[0] == 'OK'
m.state = 'NONAUTH'
m.login(other, password)
print(m.select('INBOX')[0], m.capability()[1][0].decode())
m.logout()
`
  const { stdout } = await run('python3', ['-c', script, String(server.ports.imap), alice, bob, server.password])
  expect(stdout).toMatch(/^OK IMAP4rev2 /)
  expect(stdout).not.toContain('COMPRESS')
})
