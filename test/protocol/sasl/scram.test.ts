import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64, encodeBase64, encodeUtf8 } from '../../../src/format/index.ts'
import { scramSignature, scramVerifier } from '../../../src/mailbox/scram.ts'
import {
  saslMechanisms,
  saslServer,
  type SaslServer,
  type SaslSetting,
  type SaslStep,
} from '../../../src/protocol/sasl/index.ts'
import { ScramClient, type ScramFacts } from './scram-client.ts'

const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const salt = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }
const exporter = encodeUtf8('what the exporter gives for this one')

function setting(binding?: Uint8Array): SaslSetting {
  return { nonce: () => serverNonce, channelBinding: (type) => (type === 'tls-exporter' ? binding : undefined) }
}

function scram(binding?: Uint8Array, mechanism = 'SCRAM-SHA-256'): SaslServer {
  return saslServer(mechanism, setting(binding)) as SaslServer
}

const text = (step: SaslStep): string => (step.type === 'challenge' ? new TextDecoder().decode(step.data) : step.type)

/** Up to the client's final message. */
async function exchange(server: SaslServer, facts: ScramFacts): Promise<SaslStep> {
  const client = new ScramClient(facts)
  const asked = server.step(encodeUtf8(client.first()))
  if (asked.type !== 'ask') return asked
  const challenge = server.answered?.(salt) as SaslStep
  return server.step(encodeUtf8(await client.final(text(challenge))))
}

test('the example of RFC 7677 §3, word for word', async () => {
  const server = scram()
  const asked = server.step(encodeUtf8('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))
  expect(asked).toEqual({ type: 'ask', question: { ask: 'salt', login: 'user' } })
  const nonce = `rOprNGfwEbeRWgbNEkqO${serverNonce}`
  expect(text(server.answered?.(salt) as SaslStep)).toBe(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)
  const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
  const scramProof = {
    message: `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt.salt},i=4096,c=biws,r=${nonce}`,
    proof,
  }
  expect(server.step(encodeUtf8(`c=biws,r=${nonce},p=${proof}`))).toEqual({
    type: 'ask',
    question: { ask: 'proof', login: 'user', scram: scramProof },
  })
  const verifier = await scramVerifier('pencil', { salt: decodeBase64(salt.salt) as Uint8Array, iterations: 4096 })
  const signature = await scramSignature(verifier!, scramProof.message, decodeBase64(proof) as Uint8Array)
  expect(text(server.answered?.({ signature: encodeBase64(signature!) }) as SaslStep)).toBe(
    'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  )
  expect(server.step(new Uint8Array(0))).toEqual({
    type: 'credentials',
    credentials: { authenticationId: 'user', authorizationId: '', scram: scramProof },
  })
})

describe('the first message (RFC 5802 §7)', () => {
  test.each([
    ['', 'nothing'],
    ['n,,', 'no name'],
    ['n,,n=,r=abc', 'an empty name'],
    ['n,,n=user', 'no nonce'],
    ['n,,n=user,r=', 'an empty nonce'],
    ['n,,n=user,r=with space', 'a nonce that is not printable'],
    ['n,,r=abc,n=user', 'the wrong order'],
    ['n,,m=later,n=user,r=abc', 'an extension that must be known (§5.1)'],
    ['n,,n=us=er,r=abc', 'an equals sign that is not written out (§5.1)'],
    ['n,,n=us=2cer,r=abc', 'a comma in small letters'],
    ['x,,n=user,r=abc', 'an unknown flag'],
    ['n,b=bob,n=user,r=abc', 'an unknown attribute for the authorization identity'],
    ['p=tls-exporter,,n=user,r=abc', 'a binding although the mechanism has none (§6)'],
    [`n,,n=${'u'.repeat(800)},r=abc`, 'a name too long'],
    [`n,,n=user,r=${'n'.repeat(257)}`, 'a nonce too long'],
  ])('refuses %j: %s', (message) => {
    expect(scram().step(encodeUtf8(message)).type).toBe('malformed')
  })

  test('refuses what is not UTF-8', () => {
    expect(scram().step(new Uint8Array([0x6e, 0x2c, 0x2c, 0xff])).type).toBe('malformed')
  })

  test('names may have commas and equals signs (§5.1)', () => {
    const facts = { user: 'a,b=c', password: 'x' }
    expect(scram().step(encodeUtf8(new ScramClient(facts).first()))).toMatchObject({ question: { login: 'a,b=c' } })
  })

  test('an empty challenge asks for it (RFC 4422 §5)', () => {
    expect(scram().step(undefined)).toEqual({ type: 'challenge', data: new Uint8Array(0) })
  })

  test('acting for somebody else is told apart from logging in (§5.1)', async () => {
    const step = await exchange(scram(), { user: 'kurt', password: 'x', header: 'n,a=ursel,' })
    expect(step).toMatchObject({ type: 'ask', question: { ask: 'proof', login: 'kurt' } })
  })
})

/** A server that has sent its first message. */
function begun(): SaslServer {
  const server = scram()
  server.step(encodeUtf8('n,,n=user,r=abc'))
  server.answered?.(salt)
  return server
}

describe('the final message', () => {
  const proof = 'A'.repeat(43)

  test.each([
    [`c=biws,r=abc${serverNonce}`, 'malformed', 'no proof'],
    [`c=biws,r=abc${serverNonce},p=short=`, 'malformed', 'a proof of another length'],
    [`r=abc${serverNonce},c=biws,p=${proof}=`, 'malformed', 'the wrong order'],
    [`c=biws,r=abc,p=${proof}=`, 'refused', 'only the client nonce (§5.1)'],
    [`c=biws,r=abc${serverNonce}x,p=${proof}=`, 'refused', 'another nonce'],
    [`c=eSws,r=abc${serverNonce},p=${proof}=`, 'refused', 'another header than before (§5.1): y,,'],
    [`c=,r=abc${serverNonce},p=${proof}=`, 'refused', 'no header'],
    [`c=biw,r=abc${serverNonce},p=${proof}=`, 'refused', 'a header that is not base64'],
  ])('%j is %s: %s', (message, type) => {
    expect(begun().step(encodeUtf8(message)).type).toBe(type)
  })

  test('nothing goes on after a refusal', () => {
    const server = begun()
    server.step(encodeUtf8('nonsense'))
    expect(server.step(encodeUtf8(`c=biws,r=abc${serverNonce},p=${proof}=`)).type).toBe('malformed')
    expect(() => server.answered?.({ signature: 'x' })).toThrow('not an answer')
  })

  test('after the signature the client adds nothing', async () => {
    const server = scram()
    expect((await exchange(server, { user: 'user', password: 'pencil' })).type).toBe('ask')
    server.answered?.({ signature: 'sig' })
    expect(server.step(encodeUtf8('more')).type).toBe('malformed')
  })
})

describe('channel binding (RFC 5802 §6, RFC 9266)', () => {
  const plus = 'SCRAM-SHA-256-PLUS'
  const facts = { user: 'user', password: 'pencil' }
  const bound = { ...facts, header: 'p=tls-exporter,,', binding: exporter }

  test('is offered where the connection has it', () => {
    expect(saslMechanisms(setting(exporter)).slice(0, 2)).toEqual([plus, 'SCRAM-SHA-256'])
    expect(saslMechanisms(setting())).not.toContain(plus)
    expect(saslMechanisms(undefined)).toEqual(['OAUTHBEARER', 'XOAUTH2', 'PLAIN', 'LOGIN'])
    expect(saslServer(plus, setting())).toBeUndefined()
    expect(saslServer('SCRAM-SHA-256')).toBeUndefined()
  })

  test('the right binding is taken', async () => {
    expect(await exchange(scram(exporter, plus), bound)).toMatchObject({ type: 'ask', question: { ask: 'proof' } })
  })

  test.each([
    ['another connection’s', { ...bound, binding: encodeUtf8('another') }, 'refused'],
    ['none, though the header promises it', { ...bound, binding: new Uint8Array(0) }, 'refused'],
    ['a type that there is not', { ...bound, header: 'p=tls-unique,,' }, 'refused'],
    ['no binding with the mechanism for it', { ...facts, header: 'n,,' }, 'malformed'],
    ['one the client could do without', { ...facts, header: 'y,,' }, 'malformed'],
  ])('%s is not', async (_, given, type) => {
    expect((await exchange(scram(exporter, plus), given)).type).toBe(type)
  })

  test('who was made to believe that there is none is refused: a downgrade', async () => {
    expect((await exchange(scram(exporter), { ...facts, header: 'y,,' })).type).toBe('refused')
    expect((await exchange(scram(), { ...facts, header: 'y,,' })).type).toBe('ask')
    expect((await exchange(scram(exporter), { ...facts, header: 'n,,' })).type).toBe('ask')
  })
})

test('no message makes the server throw', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('n,,n=user,r=abc', `c=biws,r=abc${serverNonce},p=${'A'.repeat(43)}=`, ''),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (messages) => {
      const server = scram()
      for (const message of messages) {
        const step = server.step(encodeUtf8(message))
        if (step.type !== 'ask') continue
        expect(server.answered?.(step.question.ask === 'salt' ? salt : { signature: 'c2ln' })).toBeDefined()
      }
    }),
  )
})

test('a right password is always proved, and a wrong one never', async () => {
  const password = fc.string({
    unit: fc.constantFrom('a', 'b', 'X', '0', ' ', ',', '=', '!'),
    minLength: 1,
    maxLength: 12,
  })
  const few = { salt: encodeUtf8('sixteen octets!!'), iterations: 2 }
  await fc.assert(
    fc.asyncProperty(password, password, async (right, given) => {
      const server = scram()
      const client = new ScramClient({ user: 'user', password: given })
      server.step(encodeUtf8(client.first()))
      const first = text(server.answered?.({ ...few, salt: encodeBase64(few.salt) }) as SaslStep)
      const asked = server.step(encodeUtf8(await client.final(first)))
      if (asked.type !== 'ask' || asked.question.ask !== 'proof') throw new Error(asked.type)
      const { message, proof } = asked.question.scram
      const verifier = await scramVerifier(right, few)
      const signature = await scramSignature(verifier!, message, decodeBase64(proof) as Uint8Array)
      expect(signature !== undefined).toBe(right === given)
      if (signature !== undefined) expect(client.trusts(`v=${encodeBase64(signature)}`)).toBe(true)
    }),
    { numRuns: 50 },
  )
})
