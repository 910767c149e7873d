/**
 * More clients that nobody here wrote: jmap-jam, eventsource, and curl and Python where the machine has them.
 */
import { EventSource } from 'eventsource'
import { JamClient } from 'jmap-jam'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alice, bob, readMailbox, sendFromOutside } from './clients.ts'
import { removeDirectory, startFacteur, facteur, type RunningFacteur } from './server.ts'

const run = promisify(execFile)
let server: RunningFacteur

/** A reason to skip, printed with the test's name, when the program is not on this machine. */
const missing = async (program: string) =>
  run('sh', ['-c', `command -v ${program}`]).then(
    () => undefined,
    () => `${program} is not installed`,
  )

beforeAll(async () => {
  server = await startFacteur()
  await sendFromOutside(server, { to: alice, subject: 'first', text: 'Hello from outside.' })
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

test('jmap-jam reads the mailbox with a bearer token', async () => {
  const made = await facteur(['account', 'token', alice, '--data', server.data])
  const jam = new JamClient({ sessionUrl: `${server.url}/.well-known/jmap`, bearerToken: made.stdout.trim() })
  const accountId = await jam.getPrimaryAccount()
  const [{ emails, boxes }] = await jam.requestMany((request) => {
    const found = request.Email.query({ accountId, filter: { subject: 'first' } })
    const emails = request.Email.get({
      accountId,
      ids: found.$ref('/ids'),
      properties: ['subject', 'preview', 'mailboxIds'],
    })
    const boxes = request.Mailbox.get({ accountId })
    return { found, emails, boxes }
  })
  expect(emails.list).toMatchObject([{ subject: 'first', preview: 'Hello from outside.' }])
  const roles = new Set(boxes.list.map((box) => box.role))
  expect(roles).toEqual(new Set(['archive', 'drafts', 'inbox', 'junk', 'sent', 'trash']))
})

test('the eventsource package is told of changes, and what it missed while it was away (RFC 8620 §7.3)', async () => {
  const user = 'events@facteur.test'
  const made = await facteur(['account', 'add', user, '--password', server.password, '--data', server.data])
  expect(made.code, made.stderr).toBe(0)
  const authorization = `Basic ${btoa(`${user}:${server.password}`)}`
  const session = (await (await fetch(`${server.url}/jmap/session`, { headers: { authorization } })).json()) as {
    eventSourceUrl: string
    primaryAccounts: Record<string, string>
  }
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] as string
  const url = session.eventSourceUrl.replace('{types}', '*').replace('{closeafter}', 'state').replace('{ping}', '0')
  const answers: string[] = []
  // The package comes back by itself, with Last-Event-ID, after each state that closes the stream.
  const source = new EventSource(url, {
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, headers: { ...init.headers, authorization } })
      answers.push(`${response.status} ${response.headers.get('content-type')}`)
      return response
    },
  })
  try {
    await once(source, 'open')
    const states = statesOf(source, accountId)
    await sendFromOutside(server, { to: user, subject: 'one', text: 'One.' })
    const first = await states.read()
    expect(Object.keys(first.value ?? {}).toSorted()).toEqual(['Email', 'EmailDelivery', 'Mailbox', 'Thread'])
    await sendFromOutside(server, { to: user, subject: 'two', text: 'Two.' })
    const second = await states.read()
    expect(second.value?.['Email']).not.toBe(first.value?.['Email'])
    expect(new Set(answers)).toEqual(new Set(['200 text/event-stream']))
  } finally {
    source.close()
  }
})

/** The states of one account in each `state` event, none lost between two questions. */
function statesOf(source: EventSource, accountId: string): ReadableStreamDefaultReader<Record<string, string>> {
  const states = new ReadableStream<Record<string, string>>({
    start(controller) {
      source.addEventListener('state', (event) => {
        const { changed } = JSON.parse(event.data as string) as { changed: Record<string, Record<string, string>> }
        controller.enqueue(changed[accountId] ?? {})
      })
    },
  })
  return states.getReader()
}

test('curl uploads a blob, downloads it, a range of it, and the rest of what it has (RFC 9110 §14)', async (context) => {
  const reason = await missing('curl')
  if (reason !== undefined) return context.skip(reason)
  const login = `${alice}:${server.password}`
  const curl = async (...args: string[]) => (await run('curl', ['-sS', '-f', '-u', login, ...args])).stdout
  const session = JSON.parse(await curl('-L', `${server.url}/.well-known/jmap`)) as {
    primaryAccounts: Record<string, string>
  }
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] as string
  const [sent, received] = [join(server.data, 'sent'), join(server.data, 'received')]
  const octets = Buffer.alloc(9_000_001, 'All work and no play makes Jack a dull boy. ')
  writeFileSync(sent, octets)
  const upload = ['-H', 'Content-Type: text/plain', '--data-binary', `@${sent}`]
  const { blobId } = JSON.parse(await curl(...upload, `${server.url}/jmap/upload/${accountId}`)) as { blobId: string }
  const url = `${server.url}/jmap/download/${accountId}/${blobId}/jack.txt`

  const header = await curl('-D', '-', '-o', received, url)
  expect(header).toMatch(/^HTTP\/1\.1 200 /)
  expect(header).toMatch(/^content-length: 9000001\r$/im)
  expect(readFileSync(received).equals(octets)).toBe(true)

  writeFileSync(received, octets.subarray(0, 1_000_000))
  const resumed = await curl('-D', '-', '-C', '-', '-o', received, url)
  expect(resumed).toMatch(/^HTTP\/1\.1 206 /)
  expect(resumed).toMatch(/^content-range: bytes 1000000-9000000\/9000001\r$/im)
  expect(resumed).toMatch(/^content-length: 8000001\r$/im)
  expect(readFileSync(received).equals(octets)).toBe(true)

  expect(await curl('-r', '-11', url)).toBe(octets.subarray(-11).toString())
  const etag = /^etag: (.*)\r$/im.exec(await curl('-I', url))?.[1] ?? ''
  expect(await curl('-w', '%{http_code}', '-H', `If-None-Match: ${etag}`, url)).toBe('304')
  await expect(curl('-r', '9000001-', url)).rejects.toThrow(/416/)
  // Saved under the name that the server says, by the safe rules of RFC 6266.
  const saved = await run('curl', ['-sSOJ', '-u', login, `${url}?accept=text/html`, '-D', '-'], { cwd: server.data })
  expect(saved.stdout).toMatch(/^content-type: text\/html\r$/im)
  expect(readFileSync(join(server.data, 'jack.txt')).equals(octets)).toBe(true)
})

test('curl sends by submission with STARTTLS and reads over IMAP', async (context) => {
  const reason = await missing('curl')
  if (reason !== undefined) return context.skip(reason)
  const file = join(server.data, 'mail.eml')
  writeFileSync(file, `From: ${alice}\r\nTo: ${bob}\r\nSubject: by curl\r\n\r\nHi.\r\n`)
  const smtp = `smtp://127.0.0.1:${server.ports.submission}`
  const login = `${alice}:${server.password}`
  await run('curl', [
    '-sS',
    '--ssl-reqd',
    '-k',
    smtp,
    '-u',
    login,
    '--mail-from',
    alice,
    '--mail-rcpt',
    bob,
    '-T',
    file,
  ])
  const imap = `imaps://127.0.0.1:${server.ports.imaps}/INBOX;MAILINDEX=1`
  const { stdout } = await run('curl', ['-sS', '-k', imap, '-u', `${bob}:${server.password}`])
  expect(stdout).toContain('Subject: by curl')
})

const python = `
import imaplib, smtplib, ssl, sys
smtp_port, imap_port, user, password, other = sys.argv[1:]
insecure = ssl._create_unverified_context()
with smtplib.SMTP('127.0.0.1', int(smtp_port)) as smtp:
    smtp.starttls(context=insecure)
    smtp.login(user, password)
    smtp.sendmail(user, [other], 'From: %s\\r\\nTo: %s\\r\\nSubject: by Python\\r\\n\\r\\nHi.\\r\\n' % (user, other))
box = imaplib.IMAP4('127.0.0.1', int(imap_port))
box.starttls(ssl_context=insecure)
box.login(user, password)
print(box.list())
print(box.append('INBOX', '\\\\Seen', imaplib.Time2Internaldate(1700000000), b'Subject: appended\\r\\n\\r\\nx\\r\\n'))
print(box.select('INBOX'))
print(box.search(None, 'SUBJECT', '"appended"'))
typ, data = box.fetch('1:*', '(FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
print(data)
print(box.store('1', '+FLAGS', '\\\\Deleted'))
print(box.expunge())
box.close()
box.logout()
`

test('Python’s smtplib and imaplib send, append, search, fetch, store and expunge', async (context) => {
  const reason = await missing('python3')
  if (reason !== undefined) return context.skip(reason)
  const args = [String(server.ports.submission), String(server.ports.imap), alice, server.password, bob]
  const { stdout } = await run('python3', ['-c', python, ...args])
  expect(stdout).toContain('Subject: appended')
  expect(stdout).toMatch(/\('OK', \[b'1'\]\)/)
  expect((await readMailbox(server, bob)).map((message) => message.subject)).toContain('by Python')
})
