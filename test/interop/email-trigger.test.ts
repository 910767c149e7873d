/**
 * Cloudflare Email Routing's door, `email()`, through the local runtime's own trigger.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BareWorker, startBareWorker } from './bare-worker.ts'
import { basic } from './clients.ts'

const password = 'password-of-the-tests'
let worker: BareWorker

beforeAll(async () => {
  worker = await startBareWorker({ bindings: { FACTEUR_MAX_MESSAGE_SIZE: '65536' } })
  await worker.api('POST', '/domains', { name: 'facteur.test' })
  await worker.api('POST', '/accounts', { address: 'alice@facteur.test', name: 'Alice', password })
})

afterAll(async () => worker?.stop())

function mail(subject: string, more = ''): string {
  return `From: Someone <someone@outside.test>\r\nTo: list@outside.test\r\nMessage-ID: <${subject.length}@outside.test>\r\nSubject: ${subject}\r\n${more}\r\nHello.\r\n`
}

/** alice's messages by JMAP: subject, and the raw message by blob. */
async function inbox(): Promise<{ subject: string; raw: string }[]> {
  const headers = { authorization: basic('alice@facteur.test', password), 'content-type': 'application/json' }
  const session = (await (await fetch(new URL('/.well-known/jmap', worker.url), { headers })).json()) as {
    downloadUrl: string
    primaryAccounts: Record<string, string>
  }
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? ''
  const response = await fetch(new URL('/jmap/api', worker.url), {
    method: 'POST',
    headers,
    body: JSON.stringify({
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
      methodCalls: [
        ['Email/query', { accountId, sort: [{ property: 'receivedAt' }] }, 'q'],
        [
          'Email/get',
          {
            accountId,
            '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
            properties: ['subject', 'blobId'],
          },
          'g',
        ],
      ],
    }),
  })
  const { methodResponses } = (await response.json()) as {
    methodResponses: [string, { list: { subject: string; blobId: string }[] }][]
  }
  return Promise.all(
    (methodResponses[1]?.[1].list ?? []).map(async ({ subject, blobId }) => {
      const path = session.downloadUrl
        .replace('{accountId}', accountId)
        .replace('{blobId}', blobId)
        .replace('{name}', 'message.eml')
        .replace('{type}', 'message%2Frfc822')
      const blob = await fetch(new URL(path, worker.url), { headers })
      return { subject, raw: Buffer.from(await blob.arrayBuffer()).toString('latin1') }
    }),
  )
}

test('a message is in the mailbox, byte for byte below its trace, when the handler has returned', async () => {
  const raw = mail('by Email Routing')
  expect(await worker.trigger('Alice+tag@FACTEUR.test', raw)).toMatchObject({ status: 200 })
  const [message] = await inbox()
  expect(message?.subject).toBe('by Email Routing')
  expect(message?.raw.endsWith(raw)).toBe(true)
  expect(message?.raw).toMatch(/^Return-Path: <someone@outside\.test>\r\nDelivered-To: Alice\+tag@facteur\.test\r\n/i)
})

test.each([
  ['an unknown recipient', 'nobody@facteur.test', mail('x'), /550 5\.1\.1/],
  ['a domain that is not ours', 'someone@elsewhere.test', mail('x'), /550 5\.7\.1/],
  [
    'a message in a loop',
    'alice@facteur.test',
    mail('x', 'Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0000\r\n'.repeat(100)),
    /554 5\.4\.6/,
  ],
  ['a message that is too large', 'alice@facteur.test', mail(`${'x'.repeat(70)}\r\n `.repeat(1000)), /552 5\.3\.4/],
])('%s is rejected for good, with its code', async (_, to, raw, reason) => {
  const { status, text } = await worker.trigger(to, raw)
  expect(status).not.toBe(200)
  expect(text).toMatch(reason)
  expect(await inbox()).toHaveLength(1)
})

test('a failure of ours is an error, never silence and never a rejection: the sender tries again', async () => {
  const broken = await startBareWorker({ bindings: {}, withoutObjects: true })
  try {
    const { status, text } = await broken.trigger('alice@facteur.test', mail('lost?'))
    expect(status).toBeGreaterThanOrEqual(500)
    expect(text).not.toMatch(/reject/i)
  } finally {
    await broken.stop()
  }
})
