/**
 * `ID`: who is calling.
 *
 * Standards: RFC 2971 §3.3 (at most 30 pairs, names of 30 octets, values of 1024).
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

/** The client's fields, names in lower case; empty for NIL. */
export function parseIdParameters(decoder: Decoder): Map<string, string | null> {
  const parameters = new Map<string, string | null>()
  if (decoder.word('NIL')) return parameters
  decoder.expectList(() => {
    const name = decoder.expectString().toLowerCase()
    decoder.expectSp()
    const value = decoder.expectNstring()
    if (name.length > 30 || (value?.length ?? 0) > 1024) throw bad('An ID field is too long')
    parameters.set(name, value)
    if (parameters.size > 30) throw bad('More than 30 ID fields')
  })
  return parameters
}
