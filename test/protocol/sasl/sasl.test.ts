import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { saslClient, saslServer } from '../../../src/protocol/sasl/index.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

describe('PLAIN, server side (RFC 4616 §2)', () => {
  test.each([
    ['\0tim\0tanstaaftanstaaf', { authorizationId: '', authenticationId: 'tim', password: 'tanstaaftanstaaf' }],
    ['Ursel\0Kurt\0xipj3plmq', { authorizationId: 'Ursel', authenticationId: 'Kurt', password: 'xipj3plmq' }],
    ['\0jürgen\0pässwörd ', { authorizationId: '', authenticationId: 'jürgen', password: 'pässwörd ' }],
    [
      `\0${'u'.repeat(255)}\0${'p'.repeat(255)}`,
      { authorizationId: '', authenticationId: 'u'.repeat(255), password: 'p'.repeat(255) },
    ],
  ])('%j', (message, credentials) => {
    expect(saslServer('plain')?.step(encode(message))).toEqual({ type: 'credentials', credentials })
  })

  test.each([
    ['', 'nothing'],
    ['tim', 'no NUL'],
    ['\0tim', 'one NUL'],
    ['\0\0password', 'no name'],
    ['\0tim\0', 'no password'],
    ['\0tim\0pass\0word', 'a third NUL'],
    [`\0${'u'.repeat(256)}\0p`, 'a name over 255 octets'],
    [`\0u\0${'ä'.repeat(128)}`, 'a password over 255 octets in UTF-8'],
  ])('refuses %j: %s', (message) => {
    expect(saslServer('PLAIN')?.step(encode(message)).type).toBe('malformed')
  })

  test('refuses what is not UTF-8', () => {
    expect(saslServer('PLAIN')?.step(new Uint8Array([0, 0xff, 0, 0x70])).type).toBe('malformed')
  })

  test('asks with an empty challenge when there was no initial response (RFC 4422 §5)', () => {
    expect(saslServer('PLAIN')?.step(undefined)).toEqual({ type: 'challenge', data: new Uint8Array(0) })
  })
})

describe('LOGIN, server side', () => {
  test('asks twice', () => {
    const server = saslServer('LOGIN')!
    const [name, password] = [server.step(undefined), server.step(encode('tim'))]
    expect([name, password].map((step) => (step.type === 'challenge' ? decode(step.data) : step.type))).toEqual([
      'Username:',
      'Password:',
    ])
    expect(server.step(encode('secret'))).toEqual({
      type: 'credentials',
      credentials: { authorizationId: '', authenticationId: 'tim', password: 'secret' },
    })
  })

  test.each(['', 'a\0b', 'x'.repeat(256)])('refuses the name %j', (name) => {
    expect(saslServer('LOGIN')?.step(encode(name)).type).toBe('malformed')
  })

  test('refuses an empty password', () => {
    const server = saslServer('LOGIN')!
    server.step(encode('tim'))
    expect(server.step(new Uint8Array(0)).type).toBe('malformed')
  })
})

test.each(['CRAM-MD5', '', 'PLAINX', 'constructor'])('does not know %j', (mechanism) => {
  expect(saslServer(mechanism)).toBeUndefined()
})

describe('client side', () => {
  test('prefers PLAIN, in any case', () => {
    expect(saslClient(['login', 'plain'], 'u', 'p')?.mechanism).toBe('PLAIN')
    expect(saslClient(['XOAUTH2', 'LOGIN'], 'u', 'p')?.mechanism).toBe('LOGIN')
    expect(saslClient(['XOAUTH2'], 'u', 'p')).toBeUndefined()
    expect(saslClient([''], 'u', 'p')).toBeUndefined()
  })

  test('does not send a NUL that would shift the fields', () => {
    expect(saslClient(['PLAIN'], 'a\0b', 'p')).toBeUndefined()
    expect(saslClient(['PLAIN'], 'a', 'p\0')).toBeUndefined()
  })

  test('has nothing more to say after its last word', () => {
    expect(saslClient(['PLAIN'], 'u', 'p')?.respond(new Uint8Array(0))).toBeUndefined()
    const login = saslClient(['LOGIN'], 'u', 'p')!
    expect([1, 2, 3].map(() => login.respond(new Uint8Array(0)))).toEqual([encode('u'), encode('p'), undefined])
  })
})

test('what a client says the server hears', () => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !text.includes('\0') && encode(text).length < 256)
  fc.assert(
    fc.property(word, word, fc.constantFrom('PLAIN', 'LOGIN'), (user, password, mechanism) => {
      const client = saslClient([mechanism], user, password)!
      const server = saslServer(mechanism)!
      let step = server.step(client.initialResponse)
      while (step.type === 'challenge') step = server.step(client.respond(step.data))
      expect(step).toEqual({
        type: 'credentials',
        credentials: { authorizationId: '', authenticationId: user, password },
      })
    }),
  )
})

test('no message makes the server throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('PLAIN', 'LOGIN'),
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 3 }),
      (name, messages) => {
        const server = saslServer(name)!
        for (const message of messages) expect(server.step(message)).toBeDefined()
      },
    ),
  )
})
