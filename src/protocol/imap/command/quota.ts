/**
 * `GETQUOTA`, `GETQUOTAROOT` and `SETQUOTA`: how much may be kept.
 *
 * Standards: RFC 9208 §4.1.
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

export type QuotaCommand =
  | { name: 'GETQUOTA'; root: string }
  | { name: 'GETQUOTAROOT'; mailbox: string }
  | { name: 'SETQUOTA'; root: string; limits: { resource: string; limit: number }[] }

export function parseGetQuota(decoder: Decoder): QuotaCommand {
  decoder.expectSp()
  return { name: 'GETQUOTA', root: decoder.expectAstring('a quota root') }
}

export function parseGetQuotaRoot(decoder: Decoder): QuotaCommand {
  decoder.expectSp()
  return { name: 'GETQUOTAROOT', mailbox: decoder.expectMailbox() }
}

export function parseSetQuota(decoder: Decoder): QuotaCommand {
  decoder.expectSp()
  const root = decoder.expectAstring('a quota root')
  decoder.expectSp()
  const limits = decoder.expectList(() => {
    const resource = decoder.expectAtom('a resource name').toUpperCase()
    if (!decoder.sp()) throw bad('Expected a limit')
    return { resource, limit: decoder.expectNumber(Number.MAX_SAFE_INTEGER) }
  })
  return { name: 'SETQUOTA', root, limits }
}
