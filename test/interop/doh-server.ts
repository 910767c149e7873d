/**
 * A DNS-over-HTTPS server on loopback with a fixed zone, over the dns-packet package (RFC 8484, wire format).
 */
import dnsPacket from 'dns-packet'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ZoneRecord =
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: string }
  | { readonly type: 'A' | 'AAAA'; readonly address: string }

/** By lower-case name. A name that is not there does not exist (NXDOMAIN). */
export type Zone = Record<string, readonly ZoneRecord[]>

export interface DohServer {
  readonly url: string
  readonly zone: Zone
  /** Questions asked so far, as `TYPE name`. */
  readonly questions: string[]
  close(): Promise<void>
}

export async function startDohServer(zone: Zone): Promise<DohServer> {
  const questions: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const encoded = new URL(request.url ?? '/', 'http://localhost').searchParams.get('dns')
      const query = dnsPacket.decode(encoded === null ? Buffer.concat(chunks) : Buffer.from(encoded, 'base64url'))
      const [question] = query.questions ?? []
      const name = question?.name.toLowerCase() ?? ''
      questions.push(`${question?.type} ${name}`)
      const records = zone[name]
      const answers = (records ?? []).filter((record) => record.type === question?.type)
      response.setHeader('content-type', 'application/dns-message')
      response.end(
        dnsPacket.encode({
          type: 'response',
          id: query.id ?? 0,
          flags: dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | (records === undefined ? 3 : 0),
          questions: query.questions ?? [],
          answers: answers.map((record) => ({
            name,
            type: record.type,
            class: 'IN' as const,
            ttl: 60,
            data: record.type === 'MX' ? { preference: record.preference, exchange: record.exchange } : record.address,
          })) as never,
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`,
    zone,
    questions,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
