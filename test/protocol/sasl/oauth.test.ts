import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { saslServer } from '../../../src/protocol/sasl/index.ts'

const step = (mechanism: string, message: string) =>
  saslServer(mechanism)?.step(encodeUtf8(message.replaceAll('^A', '\x01')))
const token = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=='

describe('OAUTHBEARER (RFC 7628 §3.1, §4.1)', () => {
  test.each([
    [`n,a=user@example.com,^Ahost=server.example.com^Aport=143^Aauth=Bearer ${token}^A^A`, 'user@example.com', token],
    [`n,,^Aauth=bearer ${token}^A^A`, '', token],
    [`y,a=a=2Cb=3Dc,^Aauth=Bearer ${token}^A^A`, 'a,b=c', token],
    ['n,a=user@example.com,^Aauth=^A^A', 'user@example.com', ''],
    ['n,,^Aauth=MAC id="h480djs93hd8"^A^A', '', ''],
  ])('%j', (message, authenticationId, given) => {
    const credentials = { authorizationId: '', authenticationId, token: given }
    expect(step('OAUTHBEARER', message)).toEqual({ type: 'credentials', credentials })
  })

  test.each([
    ['', 'nothing'],
    [`auth=Bearer ${token}^A^A`, 'no header'],
    [`p=tls-exporter,,^Aauth=Bearer ${token}^A^A`, 'a channel binding'],
    [`n,a=user,^Aauth=Bearer ${token}^A`, 'no end'],
    ['n,a=user,^A^A', 'no auth'],
    [`n,a=us=er,^Aauth=Bearer ${token}^A^A`, 'an equals sign that is not written out'],
    [`n,,^Aauth=Bearer ${token}^Aauth=Bearer x^A^A`, 'a key twice'],
    [`n,,^A1=2^Aauth=Bearer ${token}^A^A`, 'a key that is not of letters'],
    [`n,,^Aauth=Bearer ${'x'.repeat(5000)}^A^A`, 'a message too long'],
  ])('refuses %j: %s', (message) => {
    expect(step('OAUTHBEARER', message)?.type).toBe('malformed')
  })

  test('has a reason for a token that is refused (§3.2.2)', () => {
    const failure = saslServer('OAUTHBEARER')?.failure
    expect(JSON.parse(new TextDecoder().decode(failure))).toEqual({ status: 'invalid_token' })
  })
})

describe('XOAUTH2', () => {
  test('carries a name and a token', () => {
    expect(step('XOAUTH2', `user=someuser@example.com^Aauth=Bearer ${token}^A^A`)).toEqual({
      type: 'credentials',
      credentials: { authorizationId: '', authenticationId: 'someuser@example.com', token },
    })
  })

  test.each([
    '',
    `auth=Bearer ${token}^A^A`,
    'user=a^A^A',
    `user=^Aauth=Bearer ${token}^A^A`,
    `user=a^Aauth=Bearer x^A`,
  ])('refuses %j', (message) => {
    expect(step('XOAUTH2', message)?.type).toBe('malformed')
  })

  test('has a reason for a token that is refused, in the form its clients know', () => {
    const failure = saslServer('XOAUTH2')?.failure
    expect(JSON.parse(new TextDecoder().decode(failure))).toMatchObject({ status: '400', schemes: 'Bearer' })
  })
})

test.each(['OAUTHBEARER', 'XOAUTH2'])('%s asks with an empty challenge when there was no initial response', (name) => {
  expect(saslServer(name)?.step(undefined)).toEqual({ type: 'challenge', data: new Uint8Array(0) })
})
