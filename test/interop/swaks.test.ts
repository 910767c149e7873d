/** swaks, the postmaster's own tool: what it is let do, and what not, with its exit codes. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { alice, bob, readMailbox } from './clients.ts'
import { type Parts, startParts } from './parts.ts'
import { run, wants } from './programs.ts'

let parts: Parts

beforeAll(async () => {
  parts = await startParts({ bindings: { FACTEUR_DMARC: 'off', FACTEUR_MAX_MESSAGE_SIZE: '100000' } })
})

afterAll(() => parts?.stop())

beforeEach(async (context) => {
  await wants(context, 'swaks')
  const support = await run('swaks', ['--support'])
  if (!support.stdout.includes('TLS supported')) context.skip('swaks has no TLS here')
})

type Service = 'smtp' | 'submission' | 'submissions'

/** The exit code, and what both sides said. */
async function swaks(service: Service, ...options: string[]): Promise<{ code: number; dialogue: string }> {
  const server = ['--server', '127.0.0.1', '--port', String(parts.ports[service]), '--ehlo', 'client.outside.test']
  return run('swaks', [...server, ...options]).then(
    ({ stdout }) => ({ code: 0, dialogue: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      dialogue: `${error.stdout}${error.stderr}`,
    }),
  )
}

const letter = (subject: string) => ['--header', `Subject: ${subject}`, '--body', 'Hello.']
const login = (mechanism: string, password = parts.password) => [
  '--auth',
  mechanism,
  '--auth-user',
  alice,
  '--auth-password',
  password,
]

async function arrived(user: string, subject: string): Promise<string | undefined> {
  return (await readMailbox(parts, user)).find((message) => message.subject === subject)?.source
}

describe('mail from outside', () => {
  test.each([
    ['in clear text', [], 'ESMTP'],
    ['after STARTTLS', ['--tls'], 'ESMTPS'],
    ['pipelined (RFC 2920)', ['--pipeline'], 'ESMTP'],
    ['pipelined after STARTTLS', ['--tls', '--pipeline'], 'ESMTPS'],
    ['with HELO alone (RFC 5321 §3.2)', ['--protocol', 'SMTP'], 'SMTP'],
  ])('%s', async (name, options, protocol) => {
    const sent = await swaks('smtp', '--from', 'eve@outside.test', '--to', alice, ...letter(name), ...options)
    expect(sent.code, sent.dialogue).toBe(0)
    expect(await arrived(alice, name)).toMatch(
      new RegExp(`^Received: from client\\.outside\\.test .*\\r\\n\\tby .* with ${protocol} `, 'm'),
    )
  })

  test('for two, of whom one is nobody: the other has it', async () => {
    const to = ['--to', `${alice},nobody@facteur.test`]
    const sent = await swaks('smtp', '--from', 'eve@outside.test', ...to, ...letter('one of two'))
    expect(sent.dialogue).toMatch(/<\*\* 550 5\.1\.1 /)
    expect(await arrived(alice, 'one of two')).toBeDefined()
  })

  // 23: MAIL was refused, 24: all recipients were, 26: the message was.
  test.each([
    ['nobody', 24, ['--to', 'nobody@facteur.test'], /550 5\.1\.1 /],
    ['to elsewhere: we are no open relay', 24, ['--to', 'friend@elsewhere.test'], /55\d 5\.7\.1 /],
    ['by the percent hack', 24, ['--to', 'friend%elsewhere.test@facteur.test'], /55\d 5\.[17]\.1 /],
    ['by a source route', 24, ['--to', '@facteur.test:friend@elsewhere.test'], /55\d 5\.7\.1 /],
    ['more than we take', 26, ['--to', alice, '--body', 'x'.repeat(70).concat('\n').repeat(1_500)], /552 5\.3\.4 /],
  ])('refused: %s', async (_, code, options, reply) => {
    const sent = await swaks('smtp', '--from', 'eve@outside.test', ...options)
    expect([sent.code, sent.dialogue]).toEqual([code, expect.stringMatching(reply)])
  })
})

describe('mail of people here', () => {
  test.each([
    ['PLAIN after STARTTLS', 'submission', 'PLAIN', ['--tls']],
    ['LOGIN after STARTTLS', 'submission', 'LOGIN', ['--tls']],
    ['PLAIN over TLS (RFC 8314)', 'submissions', 'PLAIN', ['--tls-on-connect']],
  ] as const)('%s', async (name, service, mechanism, options) => {
    const sent = await swaks(service, '--from', alice, '--to', bob, ...letter(name), ...login(mechanism), ...options)
    expect(sent.code, sent.dialogue).toBe(0)
    expect(await arrived(bob, name)).toMatch(/ with ESMTPSA /)
  })

  // 28: AUTH failed.
  test.each([
    ['another password', 28, () => login('PLAIN', 'not it'), /<~\* 535 5\.7\.8 /],
    ['a mechanism that we do not have', 28, () => login('CRAM-MD5'), /requested type not available/i],
    ['nobody logged in', 23, () => [], /530 5\.7\.0 /],
  ])('refused: %s', async (_, code, credentials, reply) => {
    const sent = await swaks('submission', '--tls', '--from', alice, '--to', bob, ...credentials())
    expect([sent.code, sent.dialogue]).toEqual([code, expect.stringMatching(reply)])
  })

  test("refused: somebody else's address", async () => {
    const sent = await swaks('submission', '--tls', '--from', bob, '--to', bob, ...login('PLAIN'))
    expect(sent.dialogue).toMatch(/<~\* 55\d 5\.7\.1 /)
    expect(sent.code).toBe(23)
  })
})
