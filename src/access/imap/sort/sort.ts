/**
 * Puts messages into the order that SORT asks for.
 *
 * Standards: RFC 5256 §2.2 (sent date), §3 (criteria; strings compare by i;unicode-casemap), RFC 5957, RFC 6203 §5.
 */
import { baseSubject, type Address, type AddressGroup } from '../../../format/index.ts'
import { foldOf, readEnvelope, type EnvelopeColumn, type EnvelopeRow } from '../../../mailbox/index.ts'
import type { SortCriterion } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import type { Found } from '../search/find.ts'

type Key = SortCriterion['key']
type Value = string | number

/** What a criterion compares by; the row is there when columns are asked for. */
interface Source {
  readonly columns: readonly EnvelopeColumn[]
  value(place: { received: number; size: number; relevancy: number }, row: EnvelopeRow | undefined): Value
}

const fold = foldOf('i;unicode-casemap')

const sources: Record<Key, Source> = {
  ARRIVAL: { columns: [], value: ({ received }) => received },
  // RFC 6203 §5: the most relevant first.
  RELEVANCY: { columns: [], value: ({ relevancy }) => -relevancy },
  SIZE: { columns: [], value: ({ size }) => size },
  DATE: { columns: ['sentAt'], value: ({ received }, row) => row?.sentAt ?? received },
  SUBJECT: { columns: ['subject'], value: (_, row) => fold(baseSubject(row?.subject ?? '')) },
  FROM: ofAddress('from', localPart),
  TO: ofAddress('to', localPart),
  CC: ofAddress('cc', localPart),
  DISPLAYFROM: ofAddress('from', displayed),
  DISPLAYTO: ofAddress('to', displayed),
}

/** The same messages, sorted; equal ones by sequence number (RFC 5256 §3). Those that are gone meanwhile are left out. */
export function sorted(
  context: Context,
  found: readonly Found[],
  criteria: readonly SortCriterion[],
  relevancy: (found: Found) => number = () => 0,
): Found[] {
  const used = criteria.map(({ key }) => sources[key])
  const columns = [...new Set(used.flatMap((source) => source.columns))]
  const entries: { found: Found; values: Value[] }[] = []
  const add = (one: Found, row: EnvelopeRow | undefined): void => {
    const { view } = context.mailbox
    const at = view.indexOf(one.uid)
    if (at < 0) return
    const [received, size] = [view.received[at] as number, view.sizes[at] as number]
    const place = { received, size, relevancy: relevancy(one) }
    entries.push({ found: one, values: used.map((source) => source.value(place, row)) })
  }
  if (columns.length === 0) for (const one of found) add(one, undefined)
  else {
    const byUid = new Map(found.map((one) => [one.uid, one]))
    const uids = found.map(({ uid }) => uid)
    for (const row of context.store.envelopes(context.mailbox.mailbox, uids, columns)) {
      const one = byUid.get(row.uid)
      if (one !== undefined) add(one, row)
    }
  }
  entries.sort((a, b) => {
    for (const [index, { reverse }] of criteria.entries()) {
      const difference = compare(a.values[index] as Value, b.values[index] as Value)
      if (difference !== 0) return reverse ? -difference : difference
    }
    return a.found.sequence - b.found.sequence
  })
  return entries.map((entry) => entry.found)
}

function compare(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function ofAddress(field: 'from' | 'to' | 'cc', text: (address: Address | AddressGroup) => string): Source {
  return {
    columns: ['envelope'],
    value(_, row) {
      const first = row?.envelope === undefined ? undefined : readEnvelope(row.envelope)[field][0]
      return first === undefined ? '' : fold(text(first))
    },
  }
}

/** `addr-mailbox`: what stands before the `@`; of a group its name. */
function localPart(address: Address | AddressGroup): string {
  if (!('address' in address)) return address.name
  const at = address.address.lastIndexOf('@')
  return at < 0 ? address.address : address.address.slice(0, at)
}

/** The name that people see, else the address (RFC 5957 §3). */
function displayed(address: Address | AddressGroup): string {
  return 'address' in address ? address.name || address.address : address.name
}
