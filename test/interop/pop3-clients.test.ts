/**
 * Mail collectors that nobody here wrote, over POP3: curl, Python's poplib, fetchmail, getmail and mpop where the machine
 * has them.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMailbox, sendFromOutside } from './clients.ts'
import { newcomer, run, wants } from './programs.ts'
import { removeDirectory, startFacteur, type RunningFacteur } from './server.ts'

let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur()
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

/** A new account with three messages whose lines begin with dots, and a directory for its client. */
async function furnish(name: string): Promise<{ user: string; home: string }> {
  const { user, home } = await newcomer(server, name)
  for (const subject of ['one', 'two', 'three']) {
    await sendFromOutside(server, { to: user, subject, text: '.dot\n\n.\n..\nend\n' })
  }
  return { user, home }
}

const subjectsOf = async (user: string) => (await readMailbox(server, user)).map((message) => message.subject)
const three = ['one', 'two', 'three']

/** The messages of a maildir, in the order of their names. */
function maildir(path: string): string[] {
  return readdirSync(join(path, 'new'))
    .toSorted()
    .map((name) => readFileSync(join(path, 'new', name), 'utf8'))
}

function expectWhole(texts: readonly string[]): void {
  const all = texts.join('').replaceAll('\r\n', '\n')
  expect(all.match(/^Subject: .*$/gm)?.toSorted()).toEqual(three.map((name) => `Subject: ${name}`).toSorted())
  expect(all.split('\n\n.dot\n\n.\n..\nend\n')).toHaveLength(4)
}

test('curl lists and reads, in the clear and with STLS and TLS, with every way to log in', async (context) => {
  await wants(context, 'curl')
  const { user } = await furnish('curl')
  const credentials = ['-sS', '-k', '-u', `${user}:${server.password}`]
  const list = (await run('curl', [...credentials, `pop3://127.0.0.1:${server.ports.pop3}/`])).stdout
  expect(list.trim().split(/\r?\n/)).toHaveLength(3)
  for (const ways of [
    [`pop3://127.0.0.1:${server.ports.pop3}/1`],
    ['--ssl-reqd', `pop3://127.0.0.1:${server.ports.pop3}/1`],
    [`pop3s://127.0.0.1:${server.ports.pop3s}/1`],
    ['--login-options', 'AUTH=LOGIN', `pop3s://127.0.0.1:${server.ports.pop3s}/1`],
    ['--login-options', 'AUTH=PLAIN', '--sasl-ir', `pop3s://127.0.0.1:${server.ports.pop3s}/1`],
  ]) {
    const { stdout } = await run('curl', [...credentials, ...ways])
    expect(stdout.replaceAll('\r\n', '\n'), ways.join(' ')).toContain('\n\n.dot\n\n.\n..\nend\n')
  }
  const wrong = run('curl', ['-sS', '-u', `${user}:wrong`, `pop3://127.0.0.1:${server.ports.pop3}/`])
  await expect(wrong).rejects.toMatchObject({ code: 67 }) // CURLE_LOGIN_DENIED
})

test("Python's poplib goes through all commands; the octets are those that were told", async (context) => {
  await wants(context, 'python3')
  const { user, home } = await furnish('poplib')
  const script = join(home, 'all.py')
  writeFileSync(
    script,
    `import poplib, sys
user, password, plain, tls = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
import ssl
context = ssl._create_unverified_context()
pop = poplib.POP3('127.0.0.1', plain)
assert 'STLS' in pop.capa()
pop.stls(context)
assert 'STLS' not in pop.capa()
pop.utf8()
pop.user(user)
pop.pass_(password)
count, total = pop.stat()
assert count == 3, count
sizes = [int(line.split()[1]) for line in pop.list()[1]]
assert sum(sizes) == total
for number in range(1, 4):
    answer, lines, octets = pop.retr(number)
    assert octets == sizes[number - 1] == sum(len(line) + 2 for line in lines), (octets, sizes)
    assert int(answer.split()[1]) == octets
    header = pop.top(number, 0)[1]
    assert header[-1] == b'' and lines[:len(header)] == header
ids = [line.split()[1] for line in pop.uidl()[1]]
assert len(set(ids)) == 3
assert pop.uidl(2).split()[2] == ids[1]
try:
    second = poplib.POP3_SSL('127.0.0.1', tls, context=context)
    second.user(user)
    second.pass_(password)
    raise SystemExit('two sessions')
except poplib.error_proto as error:
    assert b'[IN-USE]' in error.args[0], error
pop.dele(1)
pop.dele(2)
pop.rset()
assert pop.stat()[0] == 3
pop.dele(2)
try:
    pop.retr(2)
    raise SystemExit('marked')
except poplib.error_proto:
    pass
pop.noop()
pop.quit()
pop = poplib.POP3_SSL('127.0.0.1', tls, context=context)
pop.user(user)
pop.pass_(password)
assert [line.split()[1] for line in pop.uidl()[1]] == [ids[0], ids[2]]
pop.dele(1)
pop.close()
print('well')
`,
  )
  const ports = [String(server.ports.pop3), String(server.ports.pop3s)]
  expect((await run('python3', [script, user, server.password, ...ports])).stdout).toBe('well\n')
  expect(await subjectsOf(user)).toEqual(['one', 'three'])
})

test('fetchmail empties the maildrop, dots and all, and finds it empty then', async (context) => {
  await wants(context, 'fetchmail')
  const { user, home } = await furnish('fetchmail')
  const out = join(home, 'out')
  const file = join(home, 'fetchmailrc')
  writeFileSync(
    file,
    `poll 127.0.0.1 service ${server.ports.pop3} protocol pop3 uidl
user "${user}" password "${server.password}" sslproto "" fetchall mda "cat >> ${out}"
`,
    { mode: 0o600 },
  )
  const args = ['-f', file, '--nosyslog', '--pidfile', join(home, 'pid')]
  const env = { ...process.env, FETCHMAILHOME: home }
  await run('fetchmail', args, { env })
  expectWhole([readFileSync(out, 'utf8')])
  expect(await subjectsOf(user)).toEqual([])
  await expect(run('fetchmail', args, { env })).rejects.toMatchObject({ code: 1 }) // "no mail"
})

test('getmail leaves messages there, knows them again by their unique-ids, and then deletes them', async (context) => {
  await wants(context, 'getmail')
  const { user, home } = await furnish('getmail')
  const out = join(home, 'out')
  writeFileSync(out, '')
  const collect = async (remove: boolean) => {
    writeFileSync(
      join(home, 'getmailrc'),
      `[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = ${server.ports.pop3}
username = ${user}
password = ${server.password}
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
    return readFileSync(out, 'utf8')
  }
  expectWhole([await collect(false)])
  expectWhole([await collect(false)])
  expect(await subjectsOf(user)).toEqual(three)
  await sendFromOutside(server, { to: user, subject: 'four', text: 'Four.' })
  expect((await collect(true)).match(/^Subject: /gm)).toHaveLength(4)
  expect(await subjectsOf(user)).toEqual([])
})

test('mpop collects over TLS with pipelining, and only what is new', async (context) => {
  await wants(context, 'mpop')
  const { user, home } = await furnish('mpop')
  const mail = join(home, 'mail')
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(mail, part), { recursive: true })
  const file = join(home, 'mpoprc')
  writeFileSync(
    file,
    `account default
host 127.0.0.1
port ${server.ports.pop3}
tls on
tls_starttls on
tls_certcheck off
auth user
user ${user}
password ${server.password}
pipelining on
keep on
received_header off
uidls_file ${home}/uidls
delivery maildir ${mail}
`,
    { mode: 0o600 },
  )
  await run('mpop', ['-C', file, '-q'])
  expectWhole(maildir(mail))
  await run('mpop', ['-C', file, '-q'])
  expect(maildir(mail)).toHaveLength(3)
  expect(await subjectsOf(user)).toEqual(three)
  await run('mpop', ['-C', file, '-q', '--keep=off'])
  expect(maildir(mail)).toHaveLength(3)
})
