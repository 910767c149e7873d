/**
 * Mail that goes out through other servers, to which the Worker connects by itself, and what happens when one cannot be used.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Issued, issue } from '../host/bridge/authority.ts'
import { alice } from './clients.ts'
import { type Parts, startParts } from './parts.ts'
import { type Postfix, startPostfix, withoutPostfix } from './postfix.ts'
import { type RemoteServer, startRemoteServer } from './remote-server.ts'
import { loggedIn, transact } from './smtp-client.ts'

function address(scheme: string, { port }: RemoteServer): string {
  return `${scheme}://us:the%20password@localhost:${port}?by=worker`
}

let authority: Issued
let trusted: Issued
let parts: Parts
let starttls: RemoteServer
let implicit: RemoteServer
let unknown: RemoteServer
let logins: string[]

beforeAll(async () => {
  authority = await issue('An authority of our own', { authority: true })
  trusted = await issue('localhost', { by: authority })
  const stranger = await issue('localhost')
  logins = []
  const server = (name: string, issued: Issued, secure: boolean) =>
    startRemoteServer({
      cert: issued.chain,
      key: issued.key,
      secure,
      authOptional: false,
      onAuth({ username, password }, _session, callback) {
        logins.push(`${name} ${username}:${password}`)
        callback(null, { user: username })
      },
    })
  starttls = await server('starttls', trusted, false)
  implicit = await server('implicit', trusted, true)
  unknown = await server('unknown', stranger, true)
  parts = await startParts({
    trusted: [authority.cert],
    bindings: {
      FACTEUR_RELAY_TO_PRIVATE: 'yes',
      FACTEUR_RETRY_FIRST_SECONDS: '60',
      FACTEUR_SMARTHOST: [
        `starttls=${address('smtp', starttls)}`,
        `implicit=${address('smtps', implicit)}`,
        `unknown=${address('smtps', unknown)}`,
      ].join(' '),
    },
  })
})

afterAll(async () => {
  await parts?.stop()
  for (const server of [starttls, implicit, unknown]) await server?.close()
})

async function submit(to: string): Promise<void> {
  const client = await loggedIn(parts.ports.submission, alice, parts.password)
  const replies = await transact(client, { from: alice, to, subject: 'Out' })
  client.destroy()
  expect(replies.at(-1)).toMatch(/^250 /)
}

describe('a Worker', () => {
  test('submits by STARTTLS and AUTH to the first smarthost, where nothing else is said (RFC 3207, RFC 4954)', async () => {
    await submit('you@anywhere.test')
    expect(await starttls.next()).toMatchObject({ to: ['you@anywhere.test'], secure: true })
    expect(logins).toEqual(['starttls us:the password'])
  })

  test('submits over TLS from the first octet where a route says so (RFC 8314 §3.3)', async () => {
    await parts.admin('PUT', '/routes/implicit.test', { agents: ['implicit'] })
    await submit('you@implicit.test')
    expect(await implicit.next()).toMatchObject({ to: ['you@implicit.test'], secure: true })
  })

  test('tells no password to a server whose certificate is not to be trusted, and takes the next way', async () => {
    await parts.admin('PUT', '/routes/*.careful.test', { agents: ['unknown', 'implicit'] })
    await submit('you@very.careful.test')
    expect(await implicit.next()).toMatchObject({ to: ['you@very.careful.test'] })
    expect(logins.filter((login) => login.startsWith('unknown'))).toEqual([])
    await parts.admin('PUT', '/routes/waiting.test', { agents: ['unknown'] })
    await submit('you@waiting.test')
    await expect
      .poll(() => parts.admin('GET', '/queues/waiting.test'), { timeout: 10_000, interval: 20 })
      .toMatchObject([
        { recipients: [{ agent: 'unknown', diagnostic: expect.stringContaining('certificate is not one to trust') }] },
      ])
  })
})

describe('Postfix as a smarthost', () => {
  let postfix: Postfix | undefined

  afterAll(async () => postfix?.stop())

  test('takes mail from the Worker by STARTTLS with a certificate that it verifies', async (context) => {
    const missing = withoutPostfix()
    if (missing !== undefined) context.skip(missing)
    postfix = await startPostfix({ domains: ['postfix.test'], identity: { cert: trusted.chain, key: trusted.key } })
    const url = `smtp://localhost:${postfix.port}?tls=required&by=worker`
    await parts.admin('PUT', '/routes/postfix.test', { agents: [url] })
    await submit('you@postfix.test')
    await expect.poll(() => postfix?.mail('postfix.test'), { timeout: 10_000, interval: 20 }).toContain('Subject: Out')
    expect(postfix.mail('postfix.test')).toMatch(/Received: from mail\.facteur\.test .*\n\s+\(using TLSv1\.3/)
  })
})
