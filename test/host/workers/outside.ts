/** The network in place of the real one: what a resolver answers, and what a bridge is asked to send. */
import type { EgressRequest } from '../../../src/delivery/index.ts'
import { decodeQuestion, encodeAnswer } from '../../../src/protocol/dns/index.ts'

/** What `name` holds of `type`; undefined: there is no such name. */
export type Zone = (name: string, type: string) => readonly unknown[] | undefined

/** One host for every name. */
export const oneHost: Zone = (_, type) => (type === 'A' ? ['203.0.113.25'] : [])

/** A resolver's answer to a question by DNS-over-HTTPS (RFC 8484 §4.1). */
export function dohAnswer(url: URL | string, zone: Zone, authentic = false): Response {
  const question = decodeQuestion(new URL(url).searchParams.get('dns') ?? '')
  if (question === undefined) return new Response(null, { status: 400 })
  const { name, type } = question
  const records = zone(name, type)
  const answers = (records ?? []).map((data) => ({ name, type, ttl: 60, data }))
  const rcode = records === undefined ? 'NXDOMAIN' : 'NOERROR'
  const bytes = encodeAnswer(question, { rcode, answers, authentic, negativeTtl: 60 })
  return new Response(bytes, { headers: { 'content-type': 'application/dns-message' } })
}

/** What the Worker asks a bridge to send. */
export async function egressRequest(asked: Request): Promise<{ request: EgressRequest; raw: Uint8Array }> {
  const body = new Uint8Array(await asked.arrayBuffer())
  const length = new DataView(body.buffer).getUint32(0)
  const request = JSON.parse(new TextDecoder().decode(body.subarray(4, 4 + length))) as EgressRequest
  return { request, raw: body.subarray(4 + length) }
}

/** A remote server that takes everything. */
export function allTaken({ envelope }: EgressRequest): Response {
  const recipients = envelope.recipients.map(({ address }) => ({
    recipient: address,
    status: 'delivered',
    reply: { code: 250, text: 'taken' },
    remoteMta: 'mx.remote.test',
    at: Date.now(),
  }))
  return Response.json({ recipients, remote: 'mx.remote.test' })
}
