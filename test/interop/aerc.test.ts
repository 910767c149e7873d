/**
 * aerc, a mail program for terminals, over JMAP with HTTPS: reads, is told of new mail, flags, moves and sends.
 *
 * It is of others (Go, git.sr.ht/~rjarry/aerc) and takes what servers like Fastmail's give.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import { alice, bob, readMailbox, sendAs } from './clients.ts'
import { type HttpsFront, httpsFront } from './https-front.ts'
import { removeDirectory, startFacteur, type RunningFacteur } from './server.ts'
import { eventually, Terminal } from './terminal.ts'

const run = promisify(execFile)
let server: RunningFacteur
let front: HttpsFront

beforeAll(async () => {
  server = await startFacteur()
  front = await httpsFront(server)
})

afterAll(async () => {
  await front?.stop()
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

/** Skips the test, with the reason, where the programs are not, or too old. */
async function wants(context: TestContext): Promise<void> {
  if ((await run('tmux', ['-V']).catch(() => undefined)) === undefined) context.skip('tmux is not installed')
  const version = await run('aerc', ['--version']).catch(() => undefined)
  const minor = Number(/^aerc 0\.(\d+)/.exec(version?.stdout ?? '')?.[1] ?? 0)
  if (minor < 16) context.skip('there is no aerc here that speaks JMAP (0.16)')
}

/** aerc's configuration and a home of its own; the environment to start it in. */
function furnish(user: string): Record<string, string> & { HOME: string } {
  const home = join(server.data, 'aerc')
  const configuration = join(home, '.config', 'aerc')
  mkdirSync(configuration, { recursive: true, mode: 0o700 })
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(server.password)}`
  writeFileSync(
    join(configuration, 'accounts.conf'),
    `[test]
source = jmap://${login}@${front.host}/.well-known/jmap
outgoing = jmap://
from = Alice <${user}>
default = Inbox
copy-to = Sent
`,
    { mode: 0o600 },
  )
  writeFileSync(join(configuration, 'aerc.conf'), '[viewer]\npager = cat\n[filters]\ntext/plain = cat\n')
  // Keys are not wanted: everything is done by commands, and by answering what is asked.
  writeFileSync(join(configuration, 'binds.conf'), '[messages]\n[view]\n[compose::review]\ny = :send<Enter>\n')
  const editor = join(home, 'editor')
  writeFileSync(editor, '#!/bin/sh\necho "Written in aerc: grüße." >>"$1"\n', { mode: 0o700 })
  return { HOME: home, XDG_RUNTIME_DIR: home, EDITOR: editor, SSL_CERT_FILE: front.certificate, LANG: 'C.UTF-8' }
}

test('aerc reads, is pushed to, flags, moves, and sends by JMAP', async (context) => {
  await wants(context)
  await sendAs(server, bob, { to: alice, subject: 'waiting for aerc', text: 'It was here before.' })
  const terminal = await Terminal.open('aerc', furnish(alice))
  const command = async (text: string) => {
    await terminal.type(`:${text}`)
    await terminal.press('Enter')
  }
  try {
    await terminal.shows(/Archive[^]*Drafts[^]*Inbox[^]*Junk[^]*Sent[^]*Trash/)
    await terminal.shows(/ bob +waiting for aerc/)
    await command('view')
    await terminal.shows(/Subject: waiting for aerc[^]*It was here before\./)
    await command('close')
    await eventually(async () => expect((await readMailbox(server, alice))[0]?.flags).toEqual(['\\Seen']))

    // Nothing is asked for: the event source tells it (RFC 8620 §7.3).
    expect(front.requests).toContain('GET /jmap/eventsource 200')
    await sendAs(server, bob, { to: alice, subject: 'pushed to aerc', text: 'It came later.' })
    await terminal.shows(/pushed to aerc/)

    await command('select 0')
    await command('flag')
    await eventually(async () => {
      expect((await readMailbox(server, alice))[1]?.flags).toContain('\\Flagged')
    })
    await command('move Archive')
    await eventually(async () => {
      expect((await readMailbox(server, alice, 'Archive')).map(({ subject }) => subject)).toEqual(['pushed to aerc'])
    })

    await command(`compose -H "To: ${bob}" -H "Subject: from aerc"`)
    await terminal.shows(/Send this email\?/)
    await terminal.type('y')
    await terminal.shows(/Message sent/)
    const [received] = await readMailbox(server, bob)
    expect(received?.subject).toBe('from aerc')
    expect(received?.source).toMatch(/^X-Mailer: aerc/m)
    expect(received?.source).toContain('Written in aerc: gr=C3=BC=C3=9Fe.')
    await command('cf Sent')
    await terminal.shows(/from aerc/)
    await eventually(async () => expect(await readMailbox(server, alice, 'Drafts')).toEqual([]))
    expect((await readMailbox(server, alice, 'Sent')).map(({ subject }) => subject)).toEqual(['from aerc'])
  } finally {
    await terminal.close()
  }
  expect(front.requests.filter((each) => !/ (?:200|307)$/.test(each))).toEqual([])
})
