/**
 * Reports that Postfix sends back about mail that was submitted by JMAP: with its DSN, and without.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { issue } from '../host/bridge/authority.ts'
import { freePort } from '../../src/host/local/ports.ts'
import { alice, jmap, type JmapConnection, readMailbox } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { type Postfix, startPostfix, withoutPostfix } from './postfix.ts'

const missing = withoutPostfix()
/** Postfix with DSN, and the same one without (RFC 3461 §5.2.2). */
const domains = { 'dsn.test': '127.0.0.1', 'plain.test': '127.0.0.2' }

let postfix: Postfix
let doh: DohServer
let parts: Parts
let client: JmapConnection

beforeAll(async () => {
  if (missing !== undefined) return
  const port = await freePort('127.0.0.1')
  const zone = Object.entries(domains).map(([domain, address]) => [domain, [{ type: 'A', address }]] as const)
  doh = await startDohServer(Object.fromEntries(zone))
  parts = await startParts({ bindings: { FACTEUR_DOH: doh.url, FACTEUR_MX_PORT: String(port) } })
  const own = await issue('postfix.test', {})
  const gone = Object.keys(domains).map((domain) => `{ gone@${domain} = gone@nowhere.test }`)
  postfix = await startPostfix({
    domains: Object.keys(domains),
    identity: { cert: own.chain, key: own.key },
    settings: [
      `default_transport = smtp:[127.0.0.1]:${parts.ports.smtp}`,
      // It takes them, and finds out then that they lead nowhere.
      `virtual_alias_maps = inline:{ ${gone.join(', ')} }`,
      'transport_maps = inline:{ { nowhere.test = error:5.1.1 nobody of that name } }',
    ],
    listeners: { port, addresses: { '127.0.0.1': [], '127.0.0.2': ['smtpd_discard_ehlo_keywords=dsn'] } },
  })
  client = await jmap(parts, alice)
})

afterAll(async () => {
  await parts?.stop()
  await doh?.close()
  await postfix?.stop()
})

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing)
})

/** The id of the submission. */
async function submit(to: string, parameters: Record<string, string> | null = null): Promise<string> {
  const { boxes, identities } = await client.call(
    ['Mailbox/query', { filter: { role: 'drafts' } }, 'boxes'],
    ['Identity/get', {}, 'identities'],
  )
  const [drafts] = (boxes?.['ids'] ?? []) as string[]
  const [identity] = (identities?.['list'] ?? []) as { id: string }[]
  const draft = {
    mailboxIds: { [drafts as string]: true },
    from: [{ email: alice }],
    to: [{ email: to }],
    subject: 'Hello',
    bodyStructure: { type: 'text/plain', partId: 'text' },
    bodyValues: { text: { value: 'Hi' } },
  }
  const envelope = { mailFrom: { email: alice }, rcptTo: [{ email: to, parameters }] }
  const { sent } = await client.call(
    ['Email/set', { create: { draft } }, 'email'],
    ['EmailSubmission/set', { create: { send: { emailId: '#draft', identityId: identity?.id, envelope } } }, 'sent'],
  )
  const { send } = (sent?.['created'] ?? {}) as { send?: { id: string } }
  if (send === undefined) throw new Error(JSON.stringify(sent))
  return send.id
}

interface Outcome {
  readonly delivered: string
  readonly smtpReply: string
  readonly reports: number
}

async function outcome(id: string, to: string): Promise<Outcome> {
  const { found } = await client.call(['EmailSubmission/get', { ids: [id] }, 'found'])
  const [submission] = (found?.['list'] ?? []) as {
    deliveryStatus: Record<string, { delivered: string; smtpReply: string }>
    dsnBlobIds: string[]
  }[]
  const { delivered = '', smtpReply = '' } = submission?.deliveryStatus[to] ?? {}
  return { delivered, smtpReply, reports: submission?.dsnBlobIds.length ?? 0 }
}

describe('a message that Postfix takes and cannot deliver', () => {
  test.each([
    ['is known by its ENVID', 'gone@dsn.test', true],
    ['is known by its Message-ID, where Postfix has no DSN', 'gone@plain.test', false],
  ])('comes back and %s', async (_, to, knowsEnvid) => {
    const id = await submit(to)
    const wanted = { delivered: 'no', smtpReply: expect.stringContaining('5.1.1') as string, reports: 1 }
    await expect.poll(() => outcome(id, to), { timeout: 15_000, interval: 50 }).toMatchObject(wanted)
    const source = (await readMailbox(parts, alice)).at(-1)?.source ?? ''
    expect(source).toContain('Reporting-MTA: dns; postfix.test')
    expect(source.includes('Original-Envelope-Id: ')).toBe(knowsEnvid)
  })
})

test('a success report of Postfix says that the message is there (RFC 3461 §4.1, RFC 8621 §7)', async () => {
  const id = await submit('bob@dsn.test', { NOTIFY: 'SUCCESS,FAILURE' })
  const wanted = { delivered: 'yes', reports: 1 }
  await expect.poll(() => outcome(id, 'bob@dsn.test'), { timeout: 15_000, interval: 50 }).toMatchObject(wanted)
  expect(postfix.mail('dsn.test')).toContain('Subject: Hello')
})

test('a host without DSN is answered for by us: relayed, and nobody knows more (RFC 3461 §5.2.2)', async () => {
  const id = await submit('bob@plain.test', { NOTIFY: 'SUCCESS,FAILURE' })
  const wanted = { delivered: 'unknown', smtpReply: expect.stringMatching(/^250 2\.0\.0 /) as string, reports: 1 }
  await expect.poll(() => outcome(id, 'bob@plain.test'), { timeout: 15_000, interval: 50 }).toMatchObject(wanted)
})
