/**
 * SMTP smuggling through us: what came in without ending a message must not end one when it goes out (RFC 5321 §2.3.8,
 * §4.1.1.4). DATA refuses bare CR and LF; BDAT, JMAP and IMAP take any octets, so it is the way out that matters.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { alice } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { type ScriptedRemote, startScriptedRemote } from './scripted-remote.ts'
import { anyReply, greeted, loggedIn } from './smtp-client.ts'

let parts: Parts
let doh: DohServer
let remote: ScriptedRemote

beforeAll(async () => {
  remote = await startScriptedRemote()
  doh = await startDohServer({ 'elsewhere.test': [{ type: 'A', address: '127.0.0.1' }] })
  parts = await startParts({ bindings: { FACTEUR_DOH: doh.url, FACTEUR_MX_PORT: String(remote.port) } })
  await parts.admin('PUT', `/aliases/${encodeURIComponent('away@facteur.test')}`, {
    targets: ['friend@elsewhere.test'],
  })
})

afterAll(async () => {
  await parts?.stop()
  await remote?.close()
  await doh?.close()
})

beforeEach(() => {
  remote.lines.length = 0
  remote.messages.length = 0
})

const ends = [
  ['LF.LF', '\n.\n'],
  ['LF.CRLF', '\n.\r\n'],
  ['CRLF.LF', '\r\n.\n'],
  ['CR.CR', '\r.\r'],
  ['CR.CRLF', '\r.\r\n'],
  ['CRLF.CR', '\r\n.\r'],
  ['CRCRLF.CRCRLF', '\r\r\n.\r\r\n'],
  ['CRLF.CRLF', '\r\n.\r\n'],
  ['CRLF NUL.CRLF', '\r\n\0.\r\n'],
  ['CRLF.NUL CRLF', '\r\n.\0\r\n'],
] as const

const smuggled =
  'MAIL FROM:<admin@facteur.test>\r\nRCPT TO:<victim@elsewhere.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx'

const onlyOne = async () => {
  await expect.poll(() => remote.messages.length, { timeout: 5_000, interval: 10 }).toBe(1)
  expect(remote.lines.filter((line) => /^MAIL /i.test(line))).toHaveLength(1)
  expect(remote.lines.filter((line) => /^RCPT /i.test(line))).toEqual([expect.stringContaining('friend@elsewhere')])
  expect(remote.messages[0]).toContain('Subject: bait\r\n')
}

describe.each(ends)('%s in a message that came by BDAT', (_, end) => {
  const content = `From: <${alice}>\r\nSubject: bait\r\n\r\nbody${end}${smuggled}${end}QUIT\r\n`
  const bdat = `BDAT ${content.length} LAST\r\n${content}`

  test('and goes on by an alias is one message there', async () => {
    const client = await greeted(parts.ports.smtp)
    await client.say('MAIL FROM:<someone@outside.test>\r\n', /^250 /m)
    await client.say('RCPT TO:<away@facteur.test>\r\n', /^250 /m)
    expect(await client.say(Buffer.from(bdat, 'latin1'), anyReply)).toMatch(/^250 /)
    client.destroy()
    await onlyOne()
  })

  test('and is submitted for outside is one message there', async () => {
    const client = await loggedIn(parts.ports.submission, alice, parts.password)
    await client.say(`MAIL FROM:<${alice}>\r\n`, /^250 /m)
    await client.say('RCPT TO:<friend@elsewhere.test>\r\n', /^250 /m)
    expect(await client.say(Buffer.from(bdat, 'latin1'), anyReply)).toMatch(/^250 /)
    client.destroy()
    await onlyOne()
  })
})
