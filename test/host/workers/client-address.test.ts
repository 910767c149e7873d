import { describe, expect, it } from 'vitest'
import { clientAddressOf } from '../../../src/host/workers/client-address.ts'

function from(clientIp?: string, headers: Record<string, string> = {}): Request {
  const cf = (clientIp === undefined ? {} : { clientIp }) as RequestInit['cf']
  return new Request('http://facteur.test/', { headers, ...(cf === undefined ? {} : { cf }) })
}

describe('from where a request comes', () => {
  it.each([
    ['192.0.2.1:49152', '192.0.2.1'],
    ['[2001:db8::1]:49152', '2001:db8::1'],
    ['[::ffff:192.0.2.1]:1', '::ffff:192.0.2.1'],
    ['unix:/run/socket', 'unknown'],
    [undefined, 'unknown'],
  ])('is the other end of the connection where no header is named: %s', (clientIp, address) => {
    expect(clientAddressOf(from(clientIp, { 'X-Real-IP': '198.51.100.9' }), undefined)).toBe(address)
  })

  it('is what the named header says, and nothing else then', () => {
    const proxied = from('127.0.0.1:5', { 'X-Real-IP': '198.51.100.9' })
    expect(clientAddressOf(proxied, 'X-Real-IP')).toBe('198.51.100.9')
    expect(clientAddressOf(from('127.0.0.1:5'), 'X-Real-IP')).toBe('unknown')
  })
})
