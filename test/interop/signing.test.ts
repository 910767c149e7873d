/** What a stranger's server gets from us, verified by mailauth with the records that `facteur dns` would publish. */
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alice } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { type RemoteServer, startRemoteServer } from './remote-server.ts'
import { loggedIn, transact } from './smtp-client.ts'

let parts: Parts
let doh: DohServer
let remote: RemoteServer

beforeAll(async () => {
  remote = await startRemoteServer()
  doh = await startDohServer({ 'elsewhere.test': [{ type: 'A', address: '127.0.0.1' }] })
  parts = await startParts({ bindings: { FACTEUR_DOH: doh.url, FACTEUR_MX_PORT: String(remote.port) } })
})

afterAll(async () => {
  await parts?.stop()
  await remote?.close()
  await doh?.close()
})

test.each([
  ['a plain letter', 'Hello.\r\n'],
  ['trailing blank lines', 'Hello.\r\n\r\n\r\n'],
  ['lines that begin with a dot', '.\r\n..\r\n.hidden\r\n'],
  ['no body', ''],
  ['UTF-8 and odd white space', 'Grüße,\t \r\n  Zoë  \r\n'],
])('both signatures hold after SMTP: %s', async (_, body) => {
  const records = (await parts.admin('GET', '/domains/facteur.test/dns')) as { name: string; value: string }[]
  const resolver = async (name: string) => {
    const found = records.filter((record) => record.name === name)
    if (found.length === 0) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    return found.map(({ value }) => [value])
  }
  const client = await loggedIn(parts.ports.submission, alice, parts.password)
  const raw = `From: Alice <${alice}>\r\nTo: friend@elsewhere.test\r\nSubject:  a \t b\r\n\r\n${body}`
  const replies = await transact(client, { from: alice, to: 'friend@elsewhere.test', raw })
  client.destroy()
  expect(replies.at(-1)).toMatch(/^250 /)
  const mail = await remote.next()
  const { results } = await dkimVerify(Buffer.from(mail.raw, 'latin1'), { resolver })
  expect(results.map(({ status, algo, signingDomain }) => [status.result, algo, signingDomain])).toEqual([
    ['pass', 'rsa-sha256', 'facteur.test'],
    ['pass', 'ed25519-sha256', 'facteur.test'],
  ])
})
