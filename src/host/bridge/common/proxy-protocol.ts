/**
 * The PROXY protocol, versions 1 (text) and 2 (binary): a load balancer says who the client is before its first byte.
 *
 * Standards: "The PROXY protocol", versions 1 and 2 (HAProxy).
 * Limits: version 1 is at most 107 bytes (§2.1); version 2 is refused above 536 bytes + what TLVs need: 4 KiB.
 * Security: whoever reaches the port can write this header. It is read only where the operator asked for it, and there
 * it is demanded: a connection without one is refused, or a client could speak for itself.
 */

import { plainAddress } from './socket.ts'

export interface ProxyHeader {
  /** The client; undefined when the proxy speaks for itself (LOCAL, UNKNOWN): keep the connection's own addresses. */
  readonly source?: { readonly address: string; readonly port: number }
  /** Bytes the header took. */
  readonly length: number
}

/** `undefined`: needs more bytes. `'invalid'`: this is not a PROXY header. */
export type ProxyOutcome = ProxyHeader | 'invalid' | undefined

const signature = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
const maxV1 = 107
const maxV2Rest = 4096

/** Reads the header at the start of what has arrived so far. */
export function readProxyHeader(bytes: Uint8Array): ProxyOutcome {
  if (bytes.length === 0) return undefined
  return bytes[0] === signature[0] ? readV2(bytes) : readV1(bytes)
}

function readV1(bytes: Uint8Array): ProxyOutcome {
  const start = 'PROXY '
  const seen = Math.min(bytes.length, maxV1)
  let line = ''
  for (let i = 0; i < seen; i++) {
    const byte = bytes[i] as number
    if (i < start.length && byte !== start.charCodeAt(i)) return 'invalid'
    if (byte === 0x0a) {
      if (!line.endsWith('\r')) return 'invalid'
      return parseV1(line.slice(0, -1), i + 1)
    }
    line += String.fromCharCode(byte)
  }
  return seen === maxV1 ? 'invalid' : undefined
}

function parseV1(line: string, length: number): ProxyOutcome {
  const fields = line.split(' ')
  if (fields[1] === 'UNKNOWN') return { length }
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = ''] = fields
  if (fields.length !== 6) return 'invalid'
  const valid = family === 'TCP4' ? isIpv4 : family === 'TCP6' ? isIpv6 : undefined
  if (valid === undefined || !valid(source) || !valid(destination)) return 'invalid'
  if (!isPort(sourcePort) || !isPort(destinationPort)) return 'invalid'
  return { source: { address: plainAddress(source.toLowerCase()), port: Number(sourcePort) }, length }
}

function readV2(bytes: Uint8Array): ProxyOutcome {
  for (let i = 0; i < Math.min(bytes.length, signature.length); i++) if (bytes[i] !== signature[i]) return 'invalid'
  if (bytes.length < 16) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint8(12)
  const family = view.getUint8(13)
  const rest = view.getUint16(14)
  if (version !== 0x20 && version !== 0x21) return 'invalid'
  if (rest > maxV2Rest) return 'invalid'
  const length = 16 + rest
  if (bytes.length < length) return undefined
  if (version === 0x20) return { length }
  if (family === 0x11) {
    if (rest < 12) return 'invalid'
    return { source: { address: bytes.subarray(16, 20).join('.'), port: view.getUint16(24) }, length }
  }
  if (family === 0x21) {
    if (rest < 36) return 'invalid'
    return { source: { address: ipv6Text(view, 16), port: view.getUint16(48) }, length }
  }
  // UNSPEC, UNIX sockets, UDP: "the receiver must keep the connection's real endpoints" (§2.2).
  return { length }
}

function ipv6Text(view: DataView, offset: number): string {
  const groups: number[] = []
  for (let i = 0; i < 8; i++) groups.push(view.getUint16(offset + i * 2))
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [12, 13, 14, 15].map((i) => view.getUint8(offset + i)).join('.')
  }
  const text = groups.map((group) => group.toString(16)).join(':')
  // The longest run of zeros once as "::" (RFC 5952 §4.2).
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)
  const run = runs[0]
  if (run === undefined) return text
  const shortened = `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length + 1)}`
  return shortened
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)
}

function isIpv6(text: string): boolean {
  return text.includes(':') && /^[0-9a-f:.]{2,45}$/i.test(text) && URL.canParse(`http://[${text}]/`)
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535
}
