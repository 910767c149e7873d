/**
 * Mail apps that nobody here wrote in a mailbox that somebody else shares: imapflow, Python's imaplib, neomutt, mbsync.
 */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imapClient, readMailbox, sendFromOutside } from './clients.ts'
import { newcomer, run, wants } from './programs.ts'
import { removeDirectory, startFacteur, type RunningFacteur } from './server.ts'
import { eventually } from './terminal.ts'

let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur()
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

/** Somebody who shares her inbox, with mail in it, and somebody who may work in it. */
async function household(name: string): Promise<{ owner: string; guest: string; home: string; inbox: string }> {
  const { user: owner } = await newcomer(server, `${name}-owner`)
  const { user: guest, home } = await newcomer(server, name)
  for (const subject of ['keep', 'take']) await sendFromOutside(server, { to: owner, subject, text: 'Hi.' })
  const client = imapClient(server, owner)
  await client.connect()
  const exec = (client as unknown as { exec: (name: string, args: object[]) => Promise<{ next: () => void }> }).exec
  const given = await exec.call(client, 'SETACL', [
    { type: 'ATOM', value: 'INBOX' },
    { type: 'STRING', value: guest },
    { type: 'ATOM', value: 'lrswite' },
  ])
  given.next()
  await client.logout()
  // The guest's account hears of it a moment later.
  await eventually(async () => expect(await mailboxes(guest)).toContain(`Other Users/${owner}/INBOX`))
  return { owner, guest, home, inbox: `Other Users/${owner}/INBOX` }
}

async function mailboxes(user: string): Promise<string[]> {
  const client = imapClient(server, user)
  await client.connect()
  const list = await client.list()
  await client.logout()
  return list.map(({ path }) => path)
}

async function subjects(user: string, mailbox?: string): Promise<string[]> {
  return (await readMailbox(server, user, mailbox)).map((message) => message.subject)
}

test('imapflow reads, flags, copies out, moves in, and hears of new mail in IDLE', async () => {
  const { owner, guest, inbox } = await household('flow')
  const client = imapClient(server, guest)
  await client.connect()
  try {
    const opened = await client.mailboxOpen(inbox)
    expect(opened).toMatchObject({ exists: 2, readOnly: false })
    const message = await client.fetchOne('1', { source: true, flags: true, envelope: true })
    expect(message).toMatchObject({ envelope: { subject: 'keep' } })
    await client.messageFlagsAdd('1', ['\\Flagged', '\\Seen'])
    const copied = await client.messageCopy('2', 'Archive')
    expect(copied).toMatchObject({ destination: 'Archive' })
    expect([...(copied as { uidMap: Map<number, number> }).uidMap.values()]).toHaveLength(1)

    const news = new Promise((resolve) => client.once('exists', resolve))
    void client.idle()
    await sendFromOutside(server, { to: owner, subject: 'news', text: 'Hi.' })
    expect(await news).toMatchObject({ count: 3, prevCount: 2 })

    await client.messageMove('3', 'INBOX')
    await client.mailboxOpen('Archive')
    await client.messageMove('1', inbox)
  } finally {
    await client.logout()
  }
  expect(await subjects(guest)).toEqual(['news'])
  expect(await subjects(guest, 'Archive')).toEqual([])
  expect(await subjects(owner)).toEqual(['keep', 'take', 'take'])
  expect((await readMailbox(server, owner))[0]?.flags.toSorted()).toEqual(['\\Flagged', '\\Seen'])
})

test("Python's imaplib asks for the namespace, for its rights, and is refused what it may not do", async (context) => {
  await wants(context, 'python3')
  const { owner, guest, home } = await household('imaplib')
  const script = join(home, 'shared.py')
  writeFileSync(
    script,
    `import imaplib, sys
owner, guest, password, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
def session(user):
    box = imaplib.IMAP4('127.0.0.1', port)
    box.login(user, password)
    return box
def good(answer):
    assert answer[0] == 'OK', answer
    return answer[1]
shared = '"Other Users/%s/INBOX"' % owner
box = session(guest)
assert b'"Other Users/"' in good(box.namespace())[0]
assert b'lrswite' in good(box.myrights(shared))[0]
assert box.getacl(shared)[0] == 'NO'
good(box.select(shared))
assert not box.is_readonly
assert b'Subject: keep' in good(box.fetch('1', '(BODY[])'))[0][1]
assert good(box.search(None, 'SUBJECT', 'take')) == [b'2']
good(box.append(shared, r'(\\Seen)', None, b'Subject: mine\\r\\n\\r\\nbody\\r\\n'))
assert good(box.uid('SORT', '(SUBJECT)', 'UTF-8', 'ALL'))
hers = session(owner)
good(hers.setacl('INBOX', guest, 'lr'))
assert box.store('1', '+FLAGS', r'(\\Flagged)')[0] == 'NO'
try:
    box.select(shared)
    raise AssertionError('READ-WRITE')
except imaplib.IMAP4.readonly:
    pass
good(box.select(shared, readonly=True))
good(box.unselect())
good(hers.deleteacl('INBOX', guest))
assert box.select(shared)[0] == 'NO'
box.logout()
hers.logout()
`,
  )
  await run('python3', [script, owner, guest, server.password, String(server.ports.imap)])
  expect((await subjects(owner)).toSorted()).toEqual(['keep', 'mine', 'take'])
})

test('neomutt opens it, flags a message, and saves one to a folder of its own', async (context) => {
  await wants(context, 'neomutt')
  await wants(context, 'script')
  const { owner, guest, home, inbox } = await household('neomutt-guest')
  const file = join(home, 'neomuttrc')
  const keys = [
    '<limit>~s keep<enter><flag-message>',
    '<limit>~s take<enter><save-message><kill-line>=Archive<enter>',
    '<limit>all<enter><sync-mailbox><quit>',
  ].join('')
  writeFileSync(
    file,
    `set imap_user="${guest}" imap_pass="${server.password}" folder="imap://127.0.0.1:${server.ports.imap}/"
set spoolfile="+${inbox}" ssl_starttls=no ssl_force_tls=no header_cache="" sort=mailbox-order
set confirmappend=no confirmcreate=no delete=yes quit=yes wait_key=no trash="" mark_old=no
push "${keys}"
`,
  )
  const env = { ...process.env, HOME: home, TERM: 'xterm' }
  const ran = run('script', ['-qec', `neomutt -n -F ${file}`, '/dev/null'], { env })
  ran.child.stdin?.end()
  const { stdout } = await ran
  const left = await readMailbox(server, owner)
  expect(
    left.map(({ subject }) => subject),
    stdout,
  ).toEqual(['keep'])
  expect(left[0]?.flags).toContain('\\Flagged')
  expect(await subjects(guest, 'Archive'), stdout).toEqual(['take'])
})

describe.each([
  ['mbsync', 'SSLType'],
  ['mbsync-newer', 'TLSType'],
])('%s', (mbsync, tlsType) => {
  test('keeps a copy of it that goes both ways', async (context) => {
    await wants(context, mbsync)
    const { owner, home, guest } = await household(`${mbsync}-guest`)
    const mail = join(home, 'mail')
    mkdirSync(mail)
    const file = join(home, 'mbsyncrc')
    writeFileSync(
      file,
      `IMAPStore far
Host 127.0.0.1
Port ${server.ports.imap}
User ${guest}
Pass ${server.password}
${tlsType} None
AuthMechs LOGIN

MaildirStore near
Path ${mail}/
Inbox ${mail}/own
SubFolders Verbatim

Channel shared
Far ":far:Other Users/${owner}/INBOX"
Near :near:shared
Create Near
Expunge Both
SyncState *
`,
    )
    const sync = () => run(mbsync, ['-c', file, 'shared'], { env: { ...process.env, HOME: home } })
    await sync()
    const files = (): string[] => ['cur', 'new'].flatMap((part) => readdirSync(join(mail, 'shared', part)))
    expect(files()).toHaveLength(2)
    const [first] = readdirSync(join(mail, 'shared', 'new')).toSorted()
    renameSync(join(mail, 'shared', 'new', first ?? ''), join(mail, 'shared', 'cur', `${first?.split(':')[0]}:2,S`))
    await sync()
    expect((await readMailbox(server, owner)).filter(({ flags }) => flags.includes('\\Seen'))).toHaveLength(1)
  })
})
