/**
 * A DNS-over-HTTPS server on loopback with a fixed zone, over the dns-packet package (RFC 8484, wire format).
 */
import dnsPacket from 'dns-packet'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ZoneRecord =
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: string }
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'PTR'; readonly name: string }
  | {
      readonly type: 'TLSA'
      readonly usage: number
      readonly selector: number
      readonly matchingType: number
      readonly certificate: Buffer
    }

/** By lower-case name. A name that is not there does not exist (NXDOMAIN). */
export type Zone = Record<string, readonly ZoneRecord[]>

export interface DohServer {
  readonly url: string
  readonly zone: Zone
  /** Questions asked so far, as `TYPE name`. */
  readonly questions: string[]
  /** From now on nothing is answered until the function that it gives back is called. */
  hold(): () => void
  /** Until so many questions have been asked in all. */
  asked(count: number): Promise<void>
  close(): Promise<void>
}

/** `signed`: says of every answer that DNSSEC validated it. */
export async function startDohServer(zone: Zone, { signed = false } = {}): Promise<DohServer> {
  const questions: string[] = []
  let held = Promise.resolve()
  let awaited: { count: number; reached: () => void } | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const encoded = new URL(request.url ?? '/', 'http://localhost').searchParams.get('dns')
      const query = dnsPacket.decode(encoded === null ? Buffer.concat(chunks) : Buffer.from(encoded, 'base64url'))
      const [question] = query.questions ?? []
      const name = question?.name.toLowerCase() ?? ''
      questions.push(`${question?.type} ${name}`)
      if (awaited !== undefined && questions.length >= awaited.count) awaited.reached()
      const records = zone[name]
      const answers = (records ?? []).filter((record) => record.type === question?.type)
      response.setHeader('content-type', 'application/dns-message')
      const answer = Buffer.from(
        dnsPacket.encode({
          type: 'response',
          id: query.id ?? 0,
          flags:
            dnsPacket.RECURSION_DESIRED |
            dnsPacket.RECURSION_AVAILABLE |
            (signed ? dnsPacket.AUTHENTIC_DATA : 0) |
            (records === undefined ? 3 : 0),
          questions: query.questions ?? [],
          answers: answers.map((record) => ({
            name,
            type: record.type,
            class: 'IN' as const,
            ttl: 60,
            data: dataOf(record),
          })) as never,
        }),
      )
      void held.then(() => response.end(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`,
    zone,
    questions,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    asked: (count) =>
      new Promise((reached) => {
        awaited = { count, reached }
        if (questions.length >= count) reached()
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** As dns-packet writes it. */
function dataOf(record: ZoneRecord): unknown {
  switch (record.type) {
    case 'MX':
      return { preference: record.preference, exchange: record.exchange }
    case 'TXT':
      // Strings of 255 octets at most (RFC 1035 §3.3).
      return record.text.match(/.{1,255}/g) ?? ['']
    case 'PTR':
      return record.name
    case 'TLSA':
      return record
    default:
      return record.address
  }
}
