/**
 * Mail apps that nobody here wrote, each doing a day's reading over IMAP: mbsync, fetchmail and neomutt where the machine
 * has them, and imapflow in two places at once.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alice, bob, imapClient, readMailbox, sendFromOutside } from './clients.ts'
import { run, wants } from './programs.ts'
import { facteur, removeDirectory, startFacteur, type RunningFacteur } from './server.ts'

let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur()
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

/** A new account with the demonstration's password. */
async function account(name: string): Promise<string> {
  const address = `${name}@facteur.test`
  const made = await facteur(['account', 'add', address, '--password', server.password, '--data', server.data])
  expect(made.code, made.stderr).toBe(0)
  return address
}

function directory(name: string): string {
  const path = join(server.data, name)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}

async function subjects(user: string, mailbox?: string): Promise<string[]> {
  return (await readMailbox(server, user, mailbox)).map((message) => message.subject)
}

/** The system's, and 1.5 where `.ci/newer-clients` has put it. */
describe.each([
  ['mbsync', 'SSLType'],
  ['mbsync-newer', 'TLSType'],
])('%s', (mbsync, tlsType) => {
  test('synchronises a maildir both ways: messages, flags, folders and removals', async (context) => {
    await wants(context, mbsync)
    const user = await account(mbsync)
    const home = directory(mbsync)
    const mail = join(home, 'mail')
    mkdirSync(mail)
    const file = join(home, 'mbsyncrc')
    writeFileSync(
      file,
      `IMAPStore far
Host 127.0.0.1
Port ${server.ports.imap}
User ${user}
Pass ${server.password}
${tlsType} None
AuthMechs LOGIN

MaildirStore near
Path ${mail}/
Inbox ${mail}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
`,
    )
    const sync = () => run(mbsync, ['-c', file, '-a'], { env: { ...process.env, HOME: home } })
    const files = (folder: string) =>
      ['cur', 'new'].flatMap((part) => readdirSync(join(mail, folder, part)).map((name) => join(folder, part, name)))

    await sendFromOutside(server, { to: user, subject: 'from the server', text: 'One.' })
    await sync()
    const [received] = files('INBOX')
    expect(readFileSync(join(mail, received ?? ''), 'utf8')).toContain('Subject: from the server')

    // Read here; a message and a folder are new here.
    renameSync(
      join(mail, received ?? ''),
      join(mail, 'INBOX', 'cur', `${received?.split('/').at(-1)?.split(':')[0]}:2,S`),
    )
    for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(mail, 'Projects', part), { recursive: true })
    const local = 'From: me@facteur.test\nSubject: from the maildir\nMessage-ID: <local@facteur.test>\n\nTwo.\n'
    writeFileSync(join(mail, 'Projects', 'cur', '1.local:2,FS'), local)
    await sync()
    expect(await readMailbox(server, user)).toMatchObject([{ subject: 'from the server', flags: ['\\Seen'] }])
    const [uploaded] = await readMailbox(server, user, 'Projects')
    expect(uploaded?.source).toContain('\r\n\r\nTwo.\r\n')
    expect(uploaded?.flags.toSorted()).toEqual(['\\Flagged', '\\Seen'])

    // Flags and removals there come here.
    const client = imapClient(server, user)
    await client.connect()
    await client.mailboxOpen('Projects')
    await client.messageFlagsRemove('1', ['\\Flagged'])
    await client.mailboxOpen('INBOX')
    await client.messageDelete('1')
    await client.logout()
    await sync()
    expect(files('INBOX')).toEqual([])
    expect(files('Projects')).toEqual([expect.stringMatching(/:2,S$/)])

    // And a removal here goes there.
    for (const name of files('Projects')) unlinkSync(join(mail, name))
    await sync()
    expect(await subjects(user, 'Projects')).toEqual([])

    // Changed at both ends between two runs: both changes stay, and nothing comes twice.
    await sendFromOutside(server, { to: user, subject: 'twice changed', text: 'Three.' })
    await sync()
    const [both] = files('INBOX')
    renameSync(join(mail, both ?? ''), join(mail, 'INBOX', 'cur', `${both?.split('/').at(-1)?.split(':')[0]}:2,S`))
    const other = imapClient(server, user)
    await other.connect()
    await other.mailboxOpen('INBOX')
    await other.messageFlagsAdd('1', ['\\Flagged'])
    await other.logout()
    await sync()
    await sync()
    expect(files('INBOX')).toEqual([expect.stringMatching(/:2,FS$/)])
    const [changed, ...more] = await readMailbox(server, user)
    expect([changed?.flags.toSorted(), more]).toEqual([['\\Flagged', '\\Seen'], []])
  })
})

describe('fetchmail', () => {
  test('empties the mailbox into its delivery agent, dots and all, and finds it empty then', async (context) => {
    await wants(context, 'fetchmail')
    const user = await account('fetchmail')
    const home = directory('fetchmail')
    const out = join(home, 'out')
    for (const subject of ['one', 'two', 'three']) await sendFromOutside(server, { to: user, subject, text: '.dot\n' })
    const file = join(home, 'fetchmailrc')
    writeFileSync(
      file,
      `poll 127.0.0.1 service ${server.ports.imap} protocol imap auth password
user "${user}" password "${server.password}" sslproto "" mda "cat >> ${out}"
`,
      { mode: 0o600 },
    )
    const args = ['-f', file, '--nosyslog', '--pidfile', join(home, 'pid')]
    const env = { ...process.env, FETCHMAILHOME: home }
    await run('fetchmail', args, { env })
    const text = readFileSync(out, 'utf8')
    expect(text.match(/^Subject: .*$/gm)).toEqual(['Subject: one', 'Subject: two', 'Subject: three'])
    expect(text.match(/^\.dot$/gm)).toHaveLength(3)
    expect(await subjects(user)).toEqual([])
    await expect(run('fetchmail', args, { env })).rejects.toMatchObject({ code: 1 }) // "no mail"
  })
})

describe('neomutt', () => {
  test('flags a message, copies it to another folder, and deletes one, in one run', async (context) => {
    await wants(context, 'neomutt')
    await wants(context, 'script')
    const user = await account('neomutt')
    for (const subject of ['keep', 'discard']) await sendFromOutside(server, { to: user, subject, text: 'Hi.' })
    const home = directory('neomutt')
    const file = join(home, 'neomuttrc')
    const keys = [
      '<limit>~s keep<enter><flag-message><copy-message><kill-line>=Archive<enter>',
      '<limit>all<enter><delete-pattern>~s discard<enter><sync-mailbox><quit>',
    ].join('')
    writeFileSync(
      file,
      `set imap_user="${user}" imap_pass="${server.password}" folder="imap://127.0.0.1:${server.ports.imap}/"
set spoolfile="+INBOX" ssl_starttls=no ssl_force_tls=no header_cache="" sort=mailbox-order
set confirmappend=no confirmcreate=no delete=yes quit=yes wait_key=no trash="" mark_old=no
push "${keys}"
`,
    )
    const env = { ...process.env, HOME: home, TERM: 'xterm' }
    const ran = run('script', ['-qec', `neomutt -n -F ${file}`, '/dev/null'], { env })
    ran.child.stdin?.end()
    const { stdout } = await ran
    const left = await readMailbox(server, user)
    expect(
      left.map((message) => message.subject),
      stdout,
    ).toEqual(['keep'])
    expect(left[0]?.flags).toContain('\\Flagged')
    expect(await subjects(user, 'Archive'), stdout).toEqual(['keep'])
  })
})

describe('imapflow in two places', () => {
  test('tells the one in IDLE of new mail, and of flags and moves by the other (RFC 2177, RFC 6851)', async () => {
    const [watcher, worker] = [imapClient(server, alice), imapClient(server, alice)]
    await Promise.all([watcher.connect(), worker.connect()])
    try {
      await watcher.mailboxOpen('INBOX')
      const next = <T>(event: 'exists' | 'flags' | 'expunge') =>
        new Promise<T>((resolve) => watcher.once(event, (facts: T) => resolve(facts)))

      let news: Promise<unknown> = next('exists')
      void watcher.idle()
      await sendFromOutside(server, { to: alice, subject: 'for two', text: 'needle' })
      expect(await news).toMatchObject({ count: 1, prevCount: 0 })

      await worker.mailboxOpen('INBOX')
      news = next('flags')
      await worker.messageFlagsAdd('1', ['\\Flagged', '$Label1'])
      // Keywords have no case (RFC 9051 §2.3.2); JMAP's are in lower case (RFC 8621 §4.1.1).
      const told = (await news) as { seq: number; flags: Set<string> }
      expect([...told.flags].toSorted()).toEqual(['$label1', '\\Flagged'])

      expect(await worker.search({ text: 'needle' }, { uid: false })).toEqual([1])
      expect(await worker.search({ from: 'nobody@outside.test' })).toEqual([])

      news = next('expunge')
      const moved = await worker.messageMove('1', 'Archive')
      expect(moved).toMatchObject({ destination: 'Archive' })
      expect(await news).toMatchObject({ seq: 1 })
      expect([...(moved as { uidMap: Map<number, number> }).uidMap.values()]).toHaveLength(1)
    } finally {
      await Promise.all([watcher.logout(), worker.logout()])
    }
    const [archived] = await readMailbox(server, alice, 'Archive')
    expect(archived?.flags).toContain('$label1')
  })

  test('appends octet for octet with flags and date, and reads a part of it alone', async () => {
    const client = imapClient(server, bob)
    await client.connect()
    const mail = [
      'From: bob@facteur.test',
      'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      'Grüße',
      '--b',
      'Content-Type: application/octet-stream; name=data.bin',
      'Content-Transfer-Encoding: base64',
      '',
      'AAECAwQ=',
      '--b--',
      '',
    ].join('\r\n')
    try {
      const date = new Date('2026-01-02T03:04:05Z')
      const appended = await client.append('Drafts', Buffer.from(mail), ['\\Draft', '\\Seen'], date)
      expect(appended).toMatchObject({ destination: 'Drafts', uid: expect.any(Number) as number })
      await client.mailboxOpen('Drafts')
      const message = await client.fetchOne('1', { source: true, envelope: true, internalDate: true, flags: true })
      if (message === false) throw new Error('the message is not there')
      expect(message.source?.toString()).toBe(mail)
      expect(message.envelope?.subject).toBe('Grüße')
      expect(new Date(message.internalDate ?? 0)).toEqual(date)
      expect([...(message.flags ?? [])].toSorted()).toEqual(['\\Draft', '\\Seen'])
      const { content } = await client.download('1', '2')
      const bytes: Buffer[] = []
      if (content === undefined) throw new Error('the part is not there')
      for await (const chunk of content) bytes.push(chunk as Buffer)
      expect(Buffer.concat(bytes).toString('hex')).toBe('0001020304')
    } finally {
      await client.logout()
    }
  })
})
