/**
 * meli, a mail program for terminals, over JMAP: reads, flags, moves and sends.
 *
 * It is of others (Rust, git.meli-email.org) and takes its JMAP from the RFCs and from Stalwart and Fastmail.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alice, bob, readMailbox, sendAs, waitForMessages } from './clients.ts'
import { wants } from './programs.ts'
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

/** meli's configuration and a home of its own; the environment to start it in. */
function furnish(user: string): Record<string, string> & { HOME: string } {
  const home = join(server.data, 'meli')
  mkdirSync(home, { mode: 0o700 })
  const editor = join(home, 'editor')
  writeFileSync(editor, '#!/bin/sh\necho "Written in meli: grüße." >>"$1"\n', { mode: 0o700 })
  const configuration = join(home, 'config.toml')
  writeFileSync(
    configuration,
    `[accounts.test]
format = "jmap"
server_url = "${server.url}"
server_username = "${user}"
server_password = "${server.password}"
use_token = false
root_mailbox = "Inbox"
subscribed_mailboxes = ["*"]
identity = "${user}"
display_name = "Alice"
send_mail = "server_submission"
[composing]
editor_command = "${editor}"
[notifications]
enable = false
`,
    { mode: 0o600 },
  )
  return { HOME: home, MELI_CONFIG: configuration, LANG: 'C.UTF-8' }
}

test('meli reads, flags, moves, and sends by JMAP', async (context) => {
  for (const program of ['tmux', 'meli', 'm4']) await wants(context, program)
  await sendAs(server, bob, { to: alice, subject: 'waiting for meli', text: 'It was here before.' })
  const terminal = await Terminal.open('meli', furnish(alice))
  const command = async (text: string) => {
    await terminal.press(':')
    await terminal.shows(/^COMMAND/m)
    await terminal.type(text)
    await terminal.press('Enter')
    await terminal.shows(/^NORMAL/m)
  }
  try {
    await terminal.shows(/0 Inbox[^]*1 Archive[^]*2 Drafts[^]*3 Junk[^]*4 Sent[^]*5 Trash/)
    await terminal.shows(/bob@facteur\.test.*waiting for meli/)
    await terminal.press('Enter')
    await terminal.shows(/Subject: waiting for meli[^]*It was here before\./)
    await eventually(async () => expect((await readMailbox(server, alice))[0]?.flags).toEqual(['\\Seen']))
    await terminal.press('i')
    await terminal.shows(/bob@facteur\.test.*waiting for meli/)

    await command('flag set flagged')
    await eventually(async () => expect((await readMailbox(server, alice))[0]?.flags).toContain('\\Flagged'))
    await command('moveto Archive')
    await eventually(async () => {
      const [moved] = await readMailbox(server, alice, 'Archive')
      expect([moved?.subject, moved?.flags.toSorted()]).toEqual(['waiting for meli', ['\\Flagged', '\\Seen']])
    })
    expect(await readMailbox(server, alice)).toEqual([])

    await command(`mailto mailto:${bob}?subject=from%20meli`)
    await terminal.shows(/COMPOSING MESSAGE[^]*Subject +from meli/)
    await terminal.press('e')
    await terminal.shows(/Written in meli/)
    await terminal.press('s')
    await terminal.shows(/send mail\?/)
    await terminal.press('Enter')
    await waitForMessages(server, bob, 1)
    const [received] = await readMailbox(server, bob)
    expect(received?.subject).toBe('from meli')
    expect(received?.source).toContain('Written in meli: gr')
    await eventually(async () => expect(await readMailbox(server, alice, 'Drafts')).toEqual([]))
  } finally {
    await terminal.close()
  }
})
