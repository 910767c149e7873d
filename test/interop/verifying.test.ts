/** Mail from a stranger's server, signed by mailauth and sent by swaks, against a DNS on loopback. */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alice, bob, readMailbox, sendAs } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { run, wants } from './programs.ts'
import { facteur, removeDirectory, type RunningFacteur, startFacteur } from './server.ts'
import { greeted, transact } from './smtp-client.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const txt = (text: string) => [{ type: 'TXT' as const, text }]

let server: RunningFacteur
let doh: DohServer

beforeAll(async () => {
  doh = await startDohServer({
    'k._domainkey.signed.test': txt(`v=DKIM1; k=rsa; p=${key}`),
    'signed.test': txt('v=spf1 -all'),
    '_dmarc.signed.test': txt('v=DMARC1; p=reject'),
    'careful.test': txt('v=spf1 ip4:192.0.2.1 -all'),
    '_dmarc.careful.test': txt('v=DMARC1; p=quarantine'),
    'here.test': txt('v=spf1 ip4:127.0.0.1 -all'),
    '_dmarc.here.test': txt('v=DMARC1; p=reject'),
    '1.0.0.127.in-addr.arpa': [{ type: 'PTR', name: 'mail.here.test' }],
    'mail.here.test': [{ type: 'A', address: '127.0.0.1' }],
  })
  server = await startFacteur({
    flags: ['--hostname', 'mail.facteur.test', '--doh', doh.url, '--trusted-networks', 'none'],
  })
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
  await doh?.close()
})

const letter = (from: string, subject: string, fields = '') =>
  `${fields}From: <${from}>\r\nTo: <${alice}>\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x.test>\r\n\r\nHello.\r\n`

async function signed(raw: string): Promise<string> {
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const signatureData = [{ signingDomain: 'signed.test', selector: 'k', algorithm: 'rsa-sha256', privateKey: pem }]
  const options = { canonicalization: 'relaxed/relaxed', signatureData } as Parameters<typeof dkimSign>[1]
  return (await dkimSign(Buffer.from(raw), options)).signatures + raw
}

/** swaks' exit code and its dialogue. */
async function swaks(from: string, raw: string): Promise<{ code: number; dialogue: string }> {
  const file = join(server.data, 'letter.eml')
  writeFileSync(file, raw.replaceAll('\r\n', '\n'))
  const options = ['--ehlo', 'mail.here.test', '--from', from, '--to', alice, '--data', `@${file}`]
  const dialogue = run('swaks', ['--server', `127.0.0.1:${server.ports.smtp}`, ...options])
  return dialogue.then(
    ({ stdout }) => ({ code: 0, dialogue: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, dialogue: error.stdout }),
  )
}

async function found(subject: string, mailbox = 'INBOX'): Promise<string | undefined> {
  return (await readMailbox(server, alice, mailbox)).find((message) => message.subject === subject)?.source
}

test('a message that mailauth signed passes, and a mail app sees it', async (context) => {
  await wants(context, 'swaks')
  const { code, dialogue } = await swaks('bounce@other.test', await signed(letter('boss@signed.test', 'signed')))
  expect(code, dialogue).toBe(0)
  const source = (await found('signed')) ?? ''
  expect(source).toMatch(/^Authentication-Results: mail\.facteur\.test;/m)
  for (const result of ['dkim=pass', 'header.d=signed.test', 'dmarc=pass', 'iprev=pass'])
    expect(source).toContain(result)
  expect(source).toMatch(/^Received: from mail\.here\.test \(mail\.here\.test \[127\.0\.0\.1\]\)/m)
})

test('one that was changed on the way is refused where its author asks for that: 550 5.7.1', async (context) => {
  await wants(context, 'swaks')
  const raw = (await signed(letter('boss@signed.test', 'changed'))).replace('Hello.', 'Hello!')
  const { code, dialogue } = await swaks('boss@signed.test', raw)
  // 26: the message was not accepted.
  expect([code, await found('changed')]).toEqual([26, undefined])
  expect(dialogue).toMatch(/<\*\* 550-5\.7\.1 .*signed\.test/)
  expect(dialogue).toMatch(/<\*\* 550 5\.7\.1 .*postmaster@/)
})

test('a forged one of a domain that asks to quarantine is in Junk', async (context) => {
  await wants(context, 'swaks')
  const { code, dialogue } = await swaks('boss@careful.test', letter('boss@careful.test', 'forged'))
  expect(code, dialogue).toBe(0)
  expect(await found('forged')).toBeUndefined()
  expect(await found('forged', 'Junk')).toContain('policy.dmarc=quarantine')
})

test('the address alone is enough where SPF says so', async (context) => {
  await wants(context, 'swaks')
  expect((await swaks('boss@here.test', letter('boss@here.test', 'by-address'))).code).toBe(0)
  expect(await found('by-address')).toMatch(/spf=pass smtp\.mailfrom=boss@here\.test[^]*dmarc=pass/)
})

test('results in our name that a stranger brings are gone (RFC 8601 §5)', async (context) => {
  await wants(context, 'swaks')
  const forged = 'Authentication-Results: mail.facteur.test;\r\n dmarc=pass header.from=bank.test\r\n'
  await swaks('x@plain.test', letter('x@plain.test', 'vain', forged))
  const source = (await found('vain')) ?? ''
  expect(source.match(/^Authentication-Results:/gm)).toHaveLength(1)
  expect(source).not.toContain('bank.test')
})

test('what our own people send is not judged, and asks nothing', async () => {
  const before = doh.questions.length
  await sendAs(server, alice, { to: bob, subject: 'inside', text: 'Hello.' })
  const source = (await readMailbox(server, bob)).find(({ subject }) => subject === 'inside')?.source
  expect(source).not.toContain('Authentication-Results')
  expect(doh.questions.slice(before)).toEqual([])
})

test('eight at once are answered while the DNS takes its time', async () => {
  const count = doh.questions.length
  const release = doh.hold()
  const clients = await Promise.all(Array.from({ length: 8 }, () => greeted(server.ports.smtp)))
  const replies = clients.map((client, n) =>
    transact(client, { from: `x@many${n}.test`, to: alice, subject: `many-${n}` }),
  )
  // SPF, DMARC: none of them waits for another's answers.
  await doh.asked(count + 16)
  release()
  expect((await Promise.all(replies)).map((all) => all.at(-1)?.slice(0, 3))).toEqual(Array(8).fill('250'))
  for (const client of clients) client.destroy()
})

test.each([
  ['--dmarc', 'strict', /--dmarc must be enforce, report or off\.$/m],
  ['--dmarc-reports', 'mine', /--dmarc-reports must be others, all or none\.$/m],
  ['--trusted-networks', '10.0.0.0/64', /--trusted-networks must be networks such as 10\.0\.0\.0\/8/],
  ['--trusted-sealers', 'two words', /--trusted-sealers must be domains/],
])('a wrong value of %s is one sentence', async (flag, value, sentence) => {
  const { code, stderr } = await facteur(['start', '--data', join(server.data, 'other'), flag, value])
  expect(code).toBe(2)
  expect(stderr).toMatch(sentence)
})
