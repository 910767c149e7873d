/**
 * More clients that nobody here wrote: jmap-jam, and curl and Python where the machine has them.
 */
import { JamClient } from 'jmap-jam'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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
