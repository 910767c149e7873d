/**
 * Cloudflare Email Routing's door, `email()`, through the local runtime's own trigger.
 */
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compatibilityDate, objectClasses } from '../../src/host/local/workerd-config.ts'
import { bundleWorker } from '../../src/host/local/worker-bundle.ts'
import { basic } from './clients.ts'
import { removeDirectory, temporaryDirectory } from './server.ts'

const adminToken = 'admin-token-of-the-tests'
const password = 'password-of-the-tests'
const directory = temporaryDirectory()
let miniflare: Miniflare
let url: URL

beforeAll(async () => {
  mkdirSync(join(directory, 'objects'))
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: await bundleWorker() }],
      compatibilityDate,
      bindings: {
        FACTEUR_HOSTNAME: 'mail.facteur.test',
        FACTEUR_ADMIN_TOKEN: adminToken,
        // Nobody is there: mail is taken in doubt.
        FACTEUR_DOH: 'http://127.0.0.1:1/dns-query',
        FACTEUR_MAX_MESSAGE_SIZE: '65536',
      },
      durableObjects: Object.fromEntries(
        Object.entries(objectClasses).map(([binding, className]) => [binding, { className, useSQLite: true }]),
      ),
      resourcePersistencePath: join(directory, 'objects'),
      unsafeTriggerHandlers: true,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: () => undefined,
    }),
  )
  url = await miniflare.ready
  await admin('POST', '/domains', { name: 'facteur.test' })
  await admin('POST', '/accounts', { address: 'alice@facteur.test', name: 'Alice', password })
})

afterAll(async () => {
  await miniflare?.dispose()
  removeDirectory(directory)
})

async function admin(method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(new URL(`/admin${path}`, url), {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  expect(response.ok).toBe(true)
}

/** What Email Routing does with one recipient of a message. */
async function trigger(to: string, raw: string, from = 'someone@outside.test') {
  const target = new URL('/cdn-cgi/local/email', url)
  target.search = new URLSearchParams({ from, to }).toString()
  const response = await fetch(target, { method: 'POST', body: raw })
  return { status: response.status, text: await response.text() }
}

function mail(subject: string, more = ''): string {
  return `From: Someone <someone@outside.test>\r\nTo: list@outside.test\r\nMessage-ID: <${subject.length}@outside.test>\r\nSubject: ${subject}\r\n${more}\r\nHello.\r\n`
}

/** alice's messages by JMAP: subject, and the raw message by blob. */
async function inbox(): Promise<{ subject: string; raw: string }[]> {
  const headers = { authorization: basic('alice@facteur.test', password), 'content-type': 'application/json' }
  const session = (await (await fetch(new URL('/.well-known/jmap', url), { headers })).json()) as {
    downloadUrl: string
    primaryAccounts: Record<string, string>
  }
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? ''
  const response = await fetch(new URL('/jmap/api', url), {
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
      const blob = await fetch(new URL(path, url), { headers })
      return { subject, raw: Buffer.from(await blob.arrayBuffer()).toString('latin1') }
    }),
  )
}

test('a message is in the mailbox, byte for byte below its trace, when the handler has returned', async () => {
  const raw = mail('by Email Routing')
  expect(await trigger('Alice+tag@FACTEUR.test', raw)).toMatchObject({ status: 200 })
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
  const { status, text } = await trigger(to, raw)
  expect(status).not.toBe(200)
  expect(text).toMatch(reason)
  expect(await inbox()).toHaveLength(1)
})

test('a failure of ours is an error, never silence and never a rejection: the sender tries again', async () => {
  const broken = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: await bundleWorker() }],
      compatibilityDate,
      bindings: { FACTEUR_HOSTNAME: 'mail.facteur.test' },
      // The objects are not bound, as after a wrong deployment.
      unsafeTriggerHandlers: true,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: () => undefined,
    }),
  )
  try {
    const target = new URL('/cdn-cgi/local/email?from=a@outside.test&to=alice@facteur.test', await broken.ready)
    const response = await fetch(target, { method: 'POST', body: mail('lost?') })
    expect(response.status).toBeGreaterThanOrEqual(500)
    expect(await response.text()).not.toMatch(/reject/i)
  } finally {
    await broken.dispose()
  }
})
