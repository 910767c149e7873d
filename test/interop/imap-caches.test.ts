/**
 * Mail apps that keep a copy and bring it up to date: offlineimap both ways, neomutt and mutt with their header caches,
 * imapflow with what it remembers, all by the mod-sequences of RFC 7162.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ImapFlow } from 'imapflow'
import { imapClient, readMailbox, sendFromOutside } from './clients.ts'
import { newcomer, run, wants } from './programs.ts'
import { removeDirectory, startFacteur, type RunningFacteur } from './server.ts'
import { eventually, Terminal } from './terminal.ts'

let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur()
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

const subjectsOf = async (user: string, mailbox?: string) =>
  (await readMailbox(server, user, mailbox)).map(({ subject }) => subject)

/** Works on a mailbox as another mail app of the same user. */
async function elsewhere(user: string, mailbox: string, work: (client: ImapFlow) => Promise<unknown>): Promise<void> {
  const client = imapClient(server, user)
  await client.connect()
  try {
    await client.mailboxOpen(mailbox)
    await work(client)
  } finally {
    await client.logout()
  }
}

test('offlineimap synchronises a maildir both ways: messages, flags, folders and removals', async (context) => {
  await wants(context, 'offlineimap')
  const { user, home } = await newcomer(server, 'offlineimap')
  const mail = join(home, 'mail')
  const file = join(home, 'offlineimaprc')
  writeFileSync(
    file,
    `[general]
accounts = test
metadata = ${home}/state
ui = quiet
[Account test]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${mail}
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = ${server.ports.imap}
remoteuser = ${user}
remotepass = ${server.password}
ssl = no
starttls = no
auth_mechanisms = PLAIN
`,
    { mode: 0o600 },
  )
  const sync = () => run('offlineimap', ['-c', file, '-o', '-1'], { env: { ...process.env, HOME: home } })
  const files = (folder: string) =>
    ['cur', 'new'].flatMap((part) =>
      readdirSync(join(mail, folder, part)).map((name) => join(mail, folder, part, name)),
    )

  await sendFromOutside(server, { to: user, subject: 'from the server', text: 'One.' })
  await sync()
  const [received = ''] = files('INBOX')
  expect(readFileSync(received, 'utf8')).toContain('Subject: from the server')

  // Read here; a message and a folder are new here.
  renameSync(received, received.replace('/new/', '/cur/').replace(/2,$/, '2,S'))
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(mail, 'Projects', part), { recursive: true })
  const local = 'From: me@facteur.test\nSubject: from the maildir\nMessage-ID: <local@facteur.test>\n\nTwo.\n'
  writeFileSync(join(mail, 'Projects', 'cur', '1.local:2,FS'), local)
  await sync()
  expect(await readMailbox(server, user)).toMatchObject([{ subject: 'from the server', flags: ['\\Seen'] }])
  const [uploaded] = await readMailbox(server, user, 'Projects')
  expect(uploaded?.source).toContain('\r\n\r\nTwo.\r\n')
  expect(uploaded?.flags.toSorted()).toEqual(['\\Flagged', '\\Seen'])

  // Flags and removals there come here.
  await elsewhere(user, 'Projects', (client) => client.messageFlagsRemove('1', ['\\Flagged']))
  await elsewhere(user, 'INBOX', (client) => client.messageDelete('1'))
  await sync()
  expect(files('INBOX')).toEqual([])
  expect(files('Projects')).toEqual([expect.stringMatching(/:2,S$/)])

  // And a removal here goes there.
  for (const name of files('Projects')) unlinkSync(name)
  await sync()
  expect(await subjectsOf(user, 'Projects')).toEqual([])
})

describe.each(['neomutt', 'mutt'])('%s', (program) => {
  test('brings its header cache up to date by what has vanished, changed and come (RFC 7162 §3.2)', async (context) => {
    await wants(context, program, 'tmux')
    const { user, home } = await newcomer(server, program)
    for (const subject of ['stays', 'goes', 'changes'])
      await sendFromOutside(server, { to: user, subject, text: 'Hi.' })
    const file = join(home, 'muttrc')
    const cache = join(home, 'cache')
    mkdirSync(cache)
    writeFileSync(
      file,
      `set imap_user="${user}" imap_pass="${server.password}" folder="imap://127.0.0.1:${server.ports.imap}/"
set spoolfile="+INBOX" ssl_starttls=no ssl_force_tls=no sort=mailbox-order quit=yes wait_key=no mark_old=no
set header_cache="${cache}" imap_condstore=yes imap_qresync=yes index_format="%Z %s" sleep_time=0
`,
    )
    // Debian's mutt is built without a log.
    const logging = program === 'neomutt' ? `-d 3 -l ${join(home, 'log')}` : ''
    const view = async (expected: RegExp): Promise<string> => {
      const environment = { HOME: home, LANG: 'C.UTF-8' }
      const terminal = await Terminal.open(`${program} -n -F ${file} ${logging}; echo over`, environment)
      try {
        const screen = await terminal.shows(expected)
        await terminal.type('q')
        await terminal.shows(/^over|^Pane is dead/m)
        return screen
      } finally {
        await terminal.close()
      }
    }
    await view(/stays\n.*goes\n.*changes/)
    await elsewhere(user, 'INBOX', (client) => client.messageDelete('2'))
    await elsewhere(user, 'INBOX', (client) => client.messageFlagsAdd('2', ['\\Flagged']))
    await sendFromOutside(server, { to: user, subject: 'comes', text: 'Hi.' })
    const screen = await view(/stays\n.*!.*changes\n.*comes/)
    expect(screen).not.toContain('goes')
    if (program === 'neomutt') expect(readFileSync(join(home, 'log0'), 'latin1')).toContain('Handling VANISHED')
  })
})

test('imapflow resynchronises what it remembers, and hears of removals by their UIDs', async () => {
  const { user } = await newcomer(server, 'imapflow')
  for (const subject of ['stays', 'goes', 'changes']) await sendFromOutside(server, { to: user, subject, text: 'Hi.' })
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user, pass: server.password },
    logger: false,
    qresync: true,
  })
  await client.connect()
  try {
    expect([...client.enabled]).toEqual(expect.arrayContaining(['CONDSTORE', 'QRESYNC']))
    const { uidValidity, highestModseq } = await client.mailboxOpen('INBOX')
    const uids: number[] = []
    for await (const { uid } of client.fetch('1:*', { uid: true })) uids.push(uid)
    await client.mailboxClose()
    await elsewhere(user, 'INBOX', (other) => other.messageDelete('2'))
    await elsewhere(user, 'INBOX', (other) => other.messageFlagsAdd('2', ['\\Flagged']))

    const heard: object[] = []
    client.on('expunge', (event: object) => heard.push(event))
    client.on('flags', (event: object) => heard.push(event))
    if (highestModseq === undefined) throw new Error('no mod-sequence')
    await client.mailboxOpen('INBOX', { uidValidity, changedSince: highestModseq })
    expect(heard).toMatchObject([
      { uid: uids[1], vanished: true, earlier: true },
      { uid: uids[2], seq: 2, flags: new Set(['\\Flagged']) },
    ])
    void client.idle()
    await elsewhere(user, 'INBOX', (other) => other.messageDelete('1'))
    await eventually(async () => {
      expect(heard.at(-1)).toMatchObject({ uid: uids[0], vanished: true, earlier: false })
    })
  } finally {
    await client.logout()
  }
})
