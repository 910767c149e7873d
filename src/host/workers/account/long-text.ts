/**
 * Texts and octets that may be longer than an argument of a call between objects: then they go as streams.
 */
import type { LongText } from '../doors.ts'

/** Characters, of up to three octets each: a stream costs more than the call itself. */
const MOST_AS_ARGUMENT = 4 * 1024 * 1024

export function longText(text: string): LongText {
  return text.length <= MOST_AS_ARGUMENT ? text : streamOf(new TextEncoder().encode(text))
}

export async function textOf(text: LongText): Promise<string> {
  return typeof text === 'string' ? text : new Response(text).text()
}

export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const { body } = new Response(bytes)
  if (body === null) throw new Error('a response with octets has a body')
  return body
}

export function streamOfAll(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new Blob([...pieces]).stream()
}

export async function octetsOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
