/**
 * More that reads mail over IMAP and that nobody here wrote: getmail, Python's imaplib, aerc.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bob, readMailbox, sendAs, sendFromOutside } from './clients.ts'
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

test('getmail collects several mailboxes, knows messages again by their UIDs, and then deletes them', async (context) => {
  await wants(context, 'getmail')
  const { user, home } = await newcomer(server, 'getmail')
  for (const subject of ['one', 'two']) await sendFromOutside(server, { to: user, subject, text: '.dot\n' })
  const out = join(home, 'out')
  writeFileSync(out, '')
  const collect = async (remove: boolean): Promise<string[]> => {
    writeFileSync(
      join(home, 'getmailrc'),
      `[retriever]
type = SimpleIMAPRetriever
server = 127.0.0.1
port = ${server.ports.imap}
username = ${user}
password = ${server.password}
mailboxes = ("INBOX", "Archive")
[destination]
type = MDA_external
path = /usr/bin/tee
arguments = ('-a', '${out}')
allow_root_commands = true
[options]
read_all = false
delete = ${remove}
delivered_to = false
received = false
`,
      { mode: 0o600 },
    )
    await run('getmail', ['--getmaildir', home, '--rcfile', 'getmailrc'])
    return readFileSync(out, 'utf8').match(/^Subject: .*$/gm) ?? []
  }
  expect(await collect(false)).toEqual(['Subject: one', 'Subject: two'])
  expect(await collect(false)).toHaveLength(2)
  expect(readFileSync(out, 'utf8').match(/^\.dot\r?$/gm)).toHaveLength(2)
  expect(await readMailbox(server, user)).toHaveLength(2)
  await sendFromOutside(server, { to: user, subject: 'three', text: 'Three.' })
  expect(await collect(true)).toHaveLength(3)
  expect(await readMailbox(server, user)).toEqual([])
})

test("Python's imaplib sorts, threads, asks for quotas, moves by UID, and waits for nothing", async (context) => {
  await wants(context, 'python3')
  const { user, home } = await newcomer(server, 'imaplib')
  const script = join(home, 'all.py')
  writeFileSync(
    script,
    `import imaplib, ssl, sys, time
user, password, plain, tls = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = ssl._create_unverified_context()
box = imaplib.IMAP4_SSL('127.0.0.1', tls, ssl_context=context)
box.authenticate('PLAIN', lambda _: b'\\0%s\\0%s' % (user.encode(), password.encode()))
for wanted in ('SORT', 'QUOTA', 'UNSELECT', 'UTF8=ACCEPT', 'CONDSTORE'):
    assert wanted in box.capabilities or wanted in str(box.capability()), wanted
def put(subject, ident, parent='', later=0):
    text = 'Subject: %s\\r\\nMessage-ID: <%s@x.test>\\r\\nDate: Mon, 7 Feb 1994 21:52:25 -0800\\r\\n%s\\r\\nbody\\r\\n' % (subject, ident, parent and 'References: <%s@x.test>\\r\\n' % parent)
    typ, data = box.append('INBOX', r'(\\Seen red)', imaplib.Time2Internaldate(time.time() + later), text.encode())
    assert typ == 'OK', data
put('zebra', 'a'); put('apple', 'b', later=5); put('Re: zebra', 'c', 'a', later=9)
assert box.select('INBOX') == ('OK', [b'3'])
assert box.sort('(SUBJECT)', 'UTF-8', 'ALL') == ('OK', [b'2 1 3']), box.sort('(SUBJECT)', 'UTF-8', 'ALL')
assert box.sort('(REVERSE ARRIVAL)', 'UTF-8', 'SEEN')[1] == [b'3 2 1']
assert box.thread('REFERENCES', 'UTF-8', 'ALL')[1] == [b'(1 3)(2)'], box.thread('REFERENCES', 'UTF-8', 'ALL')
assert box.uid('THREAD', 'ORDEREDSUBJECT', 'UTF-8', 'ALL')[0] == 'OK'
assert box.getquotaroot('INBOX')[0] == 'OK'
assert box.namespace()[1] == [b'(("" "/")) (("Other Users/" "/")) NIL'], box.namespace()
assert box.status('INBOX', '(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)')[0] == 'OK'
uids = box.uid('SEARCH', None, 'ALL')[1][0].split()
typ, data = box.uid('FETCH', uids[0], '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODYSTRUCTURE)')
assert data[0][1] == b'Subject: zebra\\r\\n\\r\\n', data
assert sorted(imaplib.ParseFlags(data[0][0])) == [b'\\\\Seen', b'red'], data
assert box.uid('MOVE', uids[1], 'Archive')[0] == 'OK'
assert box.response('EXPUNGE')[1] == [b'2']
assert box.store('1', '+FLAGS.SILENT', r'(\\Deleted)') == ('OK', [None])
assert box.expunge() == ('OK', [b'1'])
assert box.create('"Entw&APw-rfe"')[0] == 'OK'
assert any(b'"Entw&APw-rfe"' in line for line in box.list()[1]), box.list()
assert box.rename('"Entw&APw-rfe"', 'Other')[0] == 'OK' and box.delete('Other')[0] == 'OK'
assert box.close()[0] == 'OK'
assert box.enable('UTF8=ACCEPT')[0] == 'OK'
assert box.create('"Entwürfe"')[0] == 'OK'
assert any('"Entwürfe"'.encode() in line for line in box.list()[1]), box.list()
assert box.select('Archive') == ('OK', [b'1'])
assert box.unselect()[0] == 'OK' if hasattr(box, 'unselect') else True
assert box.logout()[0] == 'BYE'
print('well')
`,
  )
  const ports = [String(server.ports.imap), String(server.ports.imaps)]
  const done = await run('python3', [script, user, server.password, ...ports])
  expect(done.stdout).toBe('well\n')
  const left = await readMailbox(server, user)
  expect(left.map(({ subject }) => subject)).toEqual(['Re: zebra'])
})

test('aerc reads, hears of new mail, flags, moves, and keeps what it has sent', async (context) => {
  await wants(context, 'aerc', 'tmux')
  const { user, home } = await newcomer(server, 'aerc')
  const configuration = join(home, '.config', 'aerc')
  mkdirSync(configuration, { recursive: true, mode: 0o700 })
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(server.password)}`
  writeFileSync(
    join(configuration, 'accounts.conf'),
    `[test]
source = imap+insecure://${login}@127.0.0.1:${server.ports.imap}
outgoing = smtp+insecure+plain://${login}@127.0.0.1:${server.ports.submission}
from = Reader <${user}>
default = INBOX
copy-to = Sent
cache-headers = true
`,
    { mode: 0o600 },
  )
  writeFileSync(join(configuration, 'aerc.conf'), '[viewer]\npager = cat\n[filters]\ntext/plain = cat\n')
  writeFileSync(join(configuration, 'binds.conf'), '[messages]\n[view]\n[compose::review]\ny = :send<Enter>\n')
  const editor = join(home, 'editor')
  writeFileSync(editor, '#!/bin/sh\necho "Written in aerc." >>"$1"\n', { mode: 0o700 })
  await sendAs(server, bob, { to: user, subject: 'waiting for aerc', text: 'It was here before.' })
  const environment = { HOME: home, XDG_RUNTIME_DIR: home, EDITOR: editor, LANG: 'C.UTF-8' }
  const terminal = await Terminal.open('aerc', environment)
  const command = async (text: string) => {
    await terminal.type(`:${text}`)
    await terminal.press('Enter')
  }
  const flagsOf = async (number: number) => (await readMailbox(server, user))[number]?.flags
  try {
    await terminal.shows(/Archive[^]*INBOX[^]*Trash/)
    await terminal.shows(/ bob +waiting for aerc/)
    await command('view')
    await terminal.shows(/Subject: waiting for aerc[^]*It was here before\./)
    await command('close')
    await eventually(async () => expect(await flagsOf(0)).toEqual(['\\Seen']))
    // IDLE tells it.
    await sendAs(server, bob, { to: user, subject: 'new for aerc', text: 'It came later.' })
    await terminal.shows(/new for aerc/)
    await command('select 0')
    await command('flag')
    await eventually(async () => expect(await flagsOf(1)).toContain('\\Flagged'))
    await command('move Archive')
    await eventually(async () => {
      expect((await readMailbox(server, user, 'Archive')).map(({ subject }) => subject)).toEqual(['new for aerc'])
    })
    await command(`compose -H "To: ${bob}" -H "Subject: from aerc"`)
    await terminal.shows(/Send this email\?/)
    await terminal.type('y')
    await eventually(async () => {
      expect((await readMailbox(server, user, 'Sent')).map(({ subject }) => subject)).toEqual(['from aerc'])
    })
    expect((await readMailbox(server, bob)).at(-1)?.subject).toBe('from aerc')
  } finally {
    await terminal.close()
  }
})
