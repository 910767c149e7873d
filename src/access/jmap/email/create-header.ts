/**
 * Header fields of an Email or EmailBodyPart that a client creates: from its header properties to composed fields.
 *
 * Standards: RFC 8621 §4.1.2 (forms), §4.6 (which may be given together).
 * Security: values come from clients; a raw form can never end its field, so no field can be smuggled in.
 */
import { splitAddress, type Address, type AddressGroup, type ComposedField } from '../../../format/index.ts'
import { isObject, parseJmapDate, setOwn, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import { convenienceProperties, parseHeaderProperty, type HeaderForm, type HeaderProperty } from './header-form.ts'

export interface HeaderReading {
  readonly fields: ComposedField[]
  /** The fields there will be: the property that gives each, by lower-case field name. */
  readonly names: ReadonlyMap<string, string>
  /** Properties that are malformed, of a wrong type, or represent a field twice. */
  readonly invalid: readonly string[]
  /** The remaining properties, for the caller to understand. */
  readonly rest: JsonObject
}

/** Takes the header properties out of a record. `convenience`: also `from`, `subject`, … as an Email has them. */
export function readHeaderFields(record: JsonObject, convenience: boolean): HeaderReading {
  const fields: ComposedField[] = []
  const names = new Map<string, string>()
  const seen = new Set<string>()
  const invalid: string[] = []
  const rest: JsonObject = {}
  for (const [property, value] of Object.entries(record)) {
    const wanted = propertyOf(property, convenience)
    if (wanted === undefined) {
      setOwn(rest, property, value)
      continue
    }
    if (wanted === 'malformed') {
      invalid.push(property)
      continue
    }
    // A null convenience property says that there is no such field.
    if (value === null) continue
    const name = wanted.name.toLowerCase()
    const composed = composeField(wanted, value)
    if (composed === undefined || seen.has(name)) invalid.push(property)
    else fields.push(...composed)
    seen.add(name)
    if (composed?.length !== 0) names.set(name, property)
  }
  return { fields, names, invalid, rest }
}

function propertyOf(property: string, convenience: boolean): HeaderProperty | 'malformed' | undefined {
  if (convenience && Object.hasOwn(convenienceProperties, property)) return convenienceProperties[property]
  if (!property.startsWith('header:')) return undefined
  return parseHeaderProperty(property) ?? 'malformed'
}

function composeField(property: HeaderProperty, value: Json): ComposedField[] | undefined {
  const values = property.all ? value : [value]
  if (!Array.isArray(values)) return undefined
  const fields = values.map((item) => fieldOf(property.name, property.form, item))
  return fields.every((field) => field !== undefined) ? fields.filter(hasContent) : undefined
}

/** A list of nothing is no field: RFC 5322 §3.6.3 and §3.6.4 want at least one member. */
function hasContent(field: ComposedField): boolean {
  if ('addresses' in field) return field.addresses.length > 0
  if ('messageIds' in field) return field.messageIds.length > 0
  return !('urls' in field) || field.urls.length > 0
}

function fieldOf(name: string, form: HeaderForm, value: Json): ComposedField | undefined {
  switch (form) {
    case 'Raw':
      return isRaw(value) ? { name, raw: value } : undefined
    case 'Text':
      return isText(value) ? { name, text: value } : undefined
    case 'Addresses': {
      const addresses = addressesOf(value)
      return addresses && { name, addresses }
    }
    case 'GroupedAddresses': {
      const addresses = groupsOf(value)
      return addresses && { name, addresses }
    }
    case 'MessageIds':
      return areStrings(value, /^[!-;=?-~]+$/) ? { name, messageIds: value } : undefined
    case 'Date': {
      const date = parseJmapDate(value)
      return date && { name, date: date.time, zone: date.zoneMinutes }
    }
    case 'URLs':
      return areStrings(value, /^[!-;=?-~]+$/) ? { name, urls: value } : undefined
  }
}

/** Printable octets, folded or not: every CRLF (or LF) must be followed by white space and more. */
function isRaw(value: Json): value is string {
  // controls are what must not get through
  return typeof value === 'string' && /^(?:[^\x00-\x08\x0a-\x1f\x7f]|\r?\n[ \t]+(?=[^ \t\r\n]))*$/.test(value)
}

function isText(value: Json): value is string {
  // controls are what must not get through
  return typeof value === 'string' && !/[\x00-\x08\x0a-\x1f\x7f]/.test(value)
}

function areStrings(value: Json, each: RegExp): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && each.test(item))
}

function addressesOf(value: Json): Address[] | undefined {
  if (!Array.isArray(value)) return undefined
  const addresses = value.map(addressOf)
  return addresses.every((address) => address !== undefined) ? addresses : undefined
}

/**
 * Drafts may hold half-written addresses (RFC 8621 §4.6), so anything without controls and angle brackets is let
 * through; submission checks what is sent.
 */
function addressOf(value: Json): Address | undefined {
  if (!isObject(value)) return undefined
  const { name = null, email, ...rest } = value
  if (Object.keys(rest).length > 0 || (name !== null && !isText(name))) return undefined
  if (typeof email !== 'string' || !isText(email)) return undefined
  if (splitAddress(email) === undefined && /[<>,;:"()\s]/.test(email)) return undefined
  if (email === '' && (name ?? '') === '') return undefined
  return name === null || name === '' ? { address: email } : { name, address: email }
}

function groupsOf(value: Json): (Address | AddressGroup)[] | undefined {
  if (!Array.isArray(value)) return undefined
  const all: (Address | AddressGroup)[] = []
  for (const item of value) {
    if (!isObject(item)) return undefined
    const { name = null, addresses: members, ...rest } = item
    const addresses = members === undefined ? undefined : addressesOf(members)
    if (addresses === undefined || Object.keys(rest).length > 0 || (name !== null && !isText(name))) return undefined
    if (name === null) all.push(...addresses)
    else all.push({ name, addresses })
  }
  return all
}
