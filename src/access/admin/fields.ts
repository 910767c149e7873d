/**
 * Reads what an administrator sent: names of domains, addresses, texts. Each reader returns the canonical form or throws
 * `AdminError('invalid')`.
 *
 * Standards: RFC 1035 §2.3.4 and RFC 5321 §4.5.3.1 (lengths), RFC 5891 (domain names in A-label form).
 * Security: values come from parsed JSON; only own string properties are read, so `__proto__` has no effect.
 */
import { canonicalAddress, canonicalDomain, canonicalLocalPart } from '../../routing/index.ts'
import { AdminError } from './error.ts'

const MAX_LOCAL_PART = 64
const MAX_PASSWORD = 1024
const MIN_PASSWORD = 8
const MAX_NAME = 256

export type Fields = Readonly<Record<string, unknown>>

/** The own property `name` when it is a string; undefined when absent. */
export function optionalText(fields: Fields, name: string, most = MAX_NAME): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new AdminError('invalid', `"${name}" must be text`, name)
  if (value.length > most) throw new AdminError('invalid', `"${name}" is longer than ${most} characters`, name)
  if (hasControl(value)) throw new AdminError('invalid', `"${name}" holds control characters`, name)
  return value
}

export function requiredText(fields: Fields, name: string, most = MAX_NAME): string {
  const value = optionalText(fields, name, most)
  if (value === undefined || value === '') throw new AdminError('invalid', `"${name}" is missing`, name)
  return value
}

/** A number of octets; null says that there is no limit. */
export function octetsOrNull(fields: Fields, name: string): number | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value === null) return null
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new AdminError('invalid', `"${name}" must be a number of bytes, or null for no limit`, name)
  }
  return value
}

/** A count; null when it is left to the settings. */
export function countOrNull(fields: Fields, name: string): number | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value === null || value === undefined) return null
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new AdminError('invalid', `"${name}" must be a whole number, or null`, name)
  }
  return value
}

export function requiredPassword(fields: Fields): string {
  return checkPassword(requiredText(fields, 'password', MAX_PASSWORD))
}

export function optionalPassword(fields: Fields): string | undefined {
  const value = optionalText(fields, 'password', MAX_PASSWORD)
  return value === undefined ? undefined : checkPassword(value)
}

function checkPassword(value: string): string {
  if (value.length < MIN_PASSWORD) {
    throw new AdminError('invalid', `"password" must have at least ${MIN_PASSWORD} characters`, 'password')
  }
  return value
}

export function textList(fields: Fields, name: string, most: number): string[] {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (!Array.isArray(value) || value.length === 0) {
    throw new AdminError('invalid', `"${name}" must be a list with at least one entry`, name)
  }
  if (value.length > most) throw new AdminError('invalid', `"${name}" has more than ${most} entries`, name)
  return value.map((entry: unknown) => {
    if (typeof entry !== 'string') throw new AdminError('invalid', `"${name}" must hold texts only`, name)
    return entry
  })
}

/** A domain name in lower-case A-label form. Address literals and IP addresses are not domains one can host. */
export function domainName(value: string, place?: string): string {
  const canonical = canonicalDomain(value.trim().replace(/\.$/, ''))
  if (canonical === undefined || canonical.startsWith('[') || /^[\d.]+$/.test(canonical)) {
    throw new AdminError('invalid', `"${shown(value)}" is not a domain name`, place)
  }
  return canonical
}

export interface MailboxName {
  readonly localPart: string
  readonly domain: string
  /** `localPart@domain`, the form under which it is stored. */
  readonly address: string
}

/**
 * An address that is to exist here: an unquoted local part (RFC 5321 `Dot-string`, UTF-8 allowed by RFC 6531), in lower
 * case, since two accounts that differ in case only would be a trap. `+` is kept for subaddresses.
 */
export function hostedAddress(
  value: string,
  options: { readonly catchAll?: boolean; readonly place?: string } = {},
): MailboxName {
  const { place } = options
  const wrong = new AdminError('invalid', `"${shown(value)}" is not an address that can be hosted`, place)
  const at = value.lastIndexOf('@')
  if (at <= 0) throw wrong
  const localPart = canonicalLocalPart(value.slice(0, at).trim())
  const domain = domainName(value.slice(at + 1), place)
  if (options.catchAll === true && localPart === '*') return { localPart, domain, address: `*@${domain}` }
  const dotString = /^[\p{L}\p{M}\p{N}!#$%&'*/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*/=?^_`{|}~-]+)*$/u
  if (localPart === '*' || new TextEncoder().encode(localPart).length > MAX_LOCAL_PART) throw wrong
  if (!dotString.test(localPart)) throw wrong
  return { localPart, domain, address: `${localPart}@${domain}` }
}

/** Any deliverable address, here or elsewhere: the target of an alias. */
export function targetAddress(value: string, place?: string): string {
  const wrong = new AdminError('invalid', `"${shown(value)}" is not an address`, place)
  const at = value.lastIndexOf('@')
  const localPart = value.slice(0, at)
  if (at <= 0 || value.length > 320 || hasControl(value) || /[\s<>]/.test(localPart)) throw wrong
  const address = `${localPart}@${domainName(value.slice(at + 1), place)}`
  if (canonicalAddress(address) === undefined) throw wrong
  return address
}

function hasControl(value: string): boolean {
  // control characters are exactly what is looked for
  return /[\u0000-\u001f\u007f]/.test(value)
}

function shown(value: string): string {
  // shown to the administrator: made harmless
  return value.slice(0, 80).replace(/[\u0000-\u001f\u007f"]/g, '?')
}
