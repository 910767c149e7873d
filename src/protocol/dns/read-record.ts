/**
 * One resource record's data, from the codec's shape into ours; undefined when it is malformed.
 */
import type { DnsRecords, DnsType } from './record.ts'

export function readRecord<Type extends DnsType>(type: Type, data: unknown): DnsRecords[Type] | undefined {
  return readers[type](data)
}

const readers: { [Type in DnsType]: (data: unknown) => DnsRecords[Type] | undefined } = {
  A: address,
  AAAA: address,
  MX: mailExchange,
  TXT: text,
  CNAME: name,
  NS: name,
  PTR: name,
  SRV: service,
  TLSA: association,
}

function address(data: unknown): string | undefined {
  return typeof data === 'string' && /^[0-9a-f.:]+$/.test(data) ? data : undefined
}

/** A name in record data is somebody else's text: it is kept only when harmless in logs, targets and reports. */
function name(data: unknown): string | undefined {
  if (typeof data !== 'string') return undefined
  const bare = data.toLowerCase().replace(/\.$/, '')
  return bare.length <= 253 && /^[\x21-\x7e]*$/.test(bare) ? bare : undefined
}

function mailExchange(data: unknown): DnsRecords['MX'] | undefined {
  const { preference, exchange } = (data ?? {}) as { preference?: unknown; exchange?: unknown }
  const host = name(exchange)
  return typeof preference === 'number' && host !== undefined ? { preference, exchange: host } : undefined
}

function service(data: unknown): DnsRecords['SRV'] | undefined {
  const { priority, weight, port, target } = (data ?? {}) as { [Key in keyof DnsRecords['SRV']]?: unknown }
  const host = name(target)
  if (typeof priority !== 'number' || typeof weight !== 'number' || typeof port !== 'number') return undefined
  return host === undefined ? undefined : { priority, weight, port, target: host }
}

function text(data: unknown): string | undefined {
  const strings = Array.isArray(data) ? (data as unknown[]) : [data]
  const pieces: number[] = []
  for (const string of strings) {
    if (!(string instanceof Uint8Array)) return undefined
    for (const byte of string) pieces.push(byte)
  }
  return new TextDecoder().decode(Uint8Array.from(pieces))
}

function association(data: unknown): DnsRecords['TLSA'] | undefined {
  const { usage, selector, matchingType, certificate } = (data ?? {}) as Partial<DnsRecords['TLSA']>
  if (typeof usage !== 'number' || typeof selector !== 'number' || typeof matchingType !== 'number') return undefined
  if (!(certificate instanceof Uint8Array)) return undefined
  return { usage, selector, matchingType, certificate: new Uint8Array(certificate) }
}
