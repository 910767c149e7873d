/** A real Rspamd, asked by the running server, and its test patterns for each action. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { freePort } from '../../src/host/local/ports.ts'
import { alice, readMailbox } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { run, wants } from './programs.ts'
import { removeDirectory, temporaryDirectory } from './server.ts'
import { greeted, transact } from './smtp-client.ts'

let parts: Parts
let doh: DohServer
let rspamd: ChildProcess | undefined
let directory: string

beforeAll(async () => {
  directory = temporaryDirectory()
  const port = await freePort('127.0.0.1')
  rspamd = await startRspamd(directory, port)
  doh = await startDohServer({})
  parts = await startParts({
    bindings: {
      FACTEUR_DOH: doh.url,
      FACTEUR_TRUSTED_NETWORKS: 'none',
      FACTEUR_RSPAMD: `http://127.0.0.1:${port}`,
    },
  })
})

afterAll(async () => {
  await parts?.stop()
  await doh?.close()
  if (rspamd !== undefined) {
    rspamd.kill()
    await once(rspamd, 'exit')
  }
  removeDirectory(directory)
})

/** Without rules but its test patterns, and answering; undefined when it is not on this machine. */
async function startRspamd(home: string, port: number): Promise<ChildProcess | undefined> {
  if ((await run('sh', ['-c', 'command -v rspamd']).catch(() => undefined)) === undefined) return undefined
  writeFileSync(join(home, 'domains'), 'test\n')
  writeFileSync(
    join(home, 'rspamd.conf'),
    `options {
       pidfile = "${home}/pid"; cache_file = "${home}/cache"; history_file = "${home}/history";
       url_tld = "${home}/domains"; tempdir = "${home}"; filters = ""; enable_test_patterns = true;
     }
     logging { type = "console"; level = "warning"; }
     metric { name = "default"; actions { reject = 15; add_header = 6; } }
     worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }`,
  )
  const child = spawn('rspamd', ['-f', '-i', '-c', join(home, 'rspamd.conf')], { stdio: 'ignore' })
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/ping`).then(
      (response) => response.ok,
      () => false,
    )
  await vi.waitFor(async () => expect(await answers()).toBe(true), { timeout: 20_000, interval: 50 })
  return child
}

const pattern = (letter: string) => `${letter}JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X`

/** Sends a message with this body from outside; the last reply. */
async function send(subject: string, body: string): Promise<string> {
  const client = await greeted(parts.ports.smtp)
  const raw = `From: eve@outside.test\r\nSubject: ${subject}\r\n\r\n${body}\r\n`
  const replies = await transact(client, { from: 'eve@outside.test', to: alice, raw })
  client.destroy()
  return replies.at(-1) ?? ''
}

test('reject: refused in the dialogue, in its words', async (context) => {
  await wants(context, 'rspamd')
  expect(await send('rejected', pattern('X'))).toMatch(/^550 5\.7\.1 Gtube pattern/)
})

test('add header: in Junk', async (context) => {
  await wants(context, 'rspamd')
  expect(await send('tagged', pattern('Y'))).toMatch(/^250 /)
  const [mail] = await readMailbox(parts, alice, 'Junk')
  expect(mail?.source).toMatch(/^X-Rspamd: add header \(/m)
})

test('no action: in the inbox', async (context) => {
  await wants(context, 'rspamd')
  expect(await send('harmless', 'Hello.')).toMatch(/^250 /)
  const [mail] = await readMailbox(parts, alice)
  expect(mail?.source).toMatch(/^X-Rspamd: no action \(/m)
  expect(mail?.source).toContain('Subject: harmless')
})
