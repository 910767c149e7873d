/**
 * check_host(): may this address send mail for this domain?
 *
 * Standards: RFC 7208 §4, §5, §6, RFC 8616 §3 (domains in other scripts).
 * Limits: `SpfLimits`; explanations of 500 characters.
 * Security: record, names and sender are the work of strangers. The explanation is their text: quote it as such.
 */
import { asciiDomain, type DnsResolver, isWithin } from '../dns/index.ts'
import type { SpfError } from './error.ts'
import { dottedAddress, formatIpAddress, type IpAddress, parseIpAddress, sharePrefix } from './ip-address.ts'
import { Lookup, permanent, SpfFailure, type SpfLimits, spfLimits } from './lookup.ts'
import { expandMacros, type MacroPiece, parseMacroString } from './macro-string.ts'
import { isSpfRecord, type Mechanism, parseRecord, type Qualifier, type SpfRecord } from './record.ts'

/** RFC 7208 §2.6. */
export type SpfStatus = Qualifier | 'none' | SpfError['status']

export interface SpfResult {
  status: SpfStatus
  /** Whose record was asked: the sender's or the client's own domain. */
  domain: string
  /** In words for a person and for Received-SPF. */
  reason: string
  /** The term that decided, as written. */
  mechanism?: string
  /** The domain's own words for its fail (exp=, RFC 7208 §6.2), in ASCII. */
  explanation?: string
}

export interface SpfQuery {
  /** The client's address, IPv4 or IPv6 text. */
  address: string
  /** HELO or EHLO name. */
  helo: string
  /** Reverse path; '' is the null one, for which the client's name is asked (RFC 7208 §2.4). */
  sender: string
}

export interface SpfOptions {
  /** Milliseconds since the epoch, for `%{t}`. */
  now: number
  /** Our host name, for `%{r}`. */
  receiver: string
  limits?: SpfLimits
}

const EXPLANATION_LIMIT = 500
const NAME_LIMIT = 253

/** Checks the MAIL FROM identity, or that of HELO when the reverse path is null. */
export async function checkSpf(
  query: SpfQuery,
  options: SpfOptions,
  dns: Pick<DnsResolver, 'resolve'>,
): Promise<SpfResult> {
  const sender = query.sender === '' ? `postmaster@${query.helo}` : query.sender
  const at = sender.lastIndexOf('@')
  const localPart = sender.slice(0, Math.max(0, at)) || 'postmaster'
  const written = sender.slice(at + 1)
  const domain = asciiDomain(written)
  if (domain === undefined || !domain.includes('.')) {
    return { status: 'none', domain: written, reason: 'the sender has no domain name' }
  }
  const client = parseIpAddress(query.address)
  if (client === undefined) return { status: 'none', domain, reason: 'the address of the client is not known' }
  const lookup = new Lookup(dns, options.limits ?? spfLimits)
  const check = new Check({ client, localPart, senderDomain: domain, helo: query.helo, options }, lookup)
  try {
    return await check.host(domain)
  } catch (error) {
    if (error instanceof SpfFailure) return { ...error.error, domain }
    throw error
  }
}

/** Checks the HELO identity by itself (RFC 7208 §2.3). */
export function checkHelo(
  query: Omit<SpfQuery, 'sender'>,
  options: SpfOptions,
  dns: Pick<DnsResolver, 'resolve'>,
): Promise<SpfResult> {
  return checkSpf({ ...query, sender: '' }, options, dns)
}

interface Facts {
  client: IpAddress
  localPart: string
  senderDomain: string
  helo: string
  options: SpfOptions
}

class Check {
  readonly #facts: Facts
  readonly #lookup: Lookup
  #names: Promise<string[]> | undefined

  constructor(facts: Facts, lookup: Lookup) {
    this.#facts = facts
    this.#lookup = lookup
  }

  /** Evaluates the record of `domain`, with its explanation when that is wanted. */
  async host(domain: string, explain = true): Promise<SpfResult> {
    const texts = (await this.#lookup.records(domain, 'TXT', false)).filter(isSpfRecord)
    if (texts.length === 0) return { status: 'none', domain, reason: `${domain} has no SPF record` }
    if (texts.length > 1) throw permanent(`${domain} has ${texts.length} SPF records`)
    const record = parseRecord(texts[0]!)
    if ('status' in record) throw new SpfFailure(record)
    for (const { qualifier, mechanism, term } of record.directives) {
      if (!(await this.#matches(mechanism, domain))) continue
      const explanation = qualifier === 'fail' && explain ? await this.#explain(record, domain) : undefined
      return {
        status: qualifier,
        domain,
        reason: `${term} of ${domain} matches ${formatIpAddress(this.#facts.client)}`,
        mechanism: term,
        ...(explanation !== undefined && { explanation }),
      }
    }
    if (record.redirect === undefined) return { status: 'neutral', domain, reason: `nothing in the record matches` }
    this.#lookup.term()
    const target = await this.#target(record.redirect, domain)
    const result = await this.host(target, explain)
    if (result.status === 'none') throw permanent(`${domain} redirects to ${target}, which has no SPF record`)
    return { ...result, domain }
  }

  async #matches(mechanism: Mechanism, domain: string): Promise<boolean> {
    const { client } = this.#facts
    switch (mechanism.kind) {
      case 'all':
        return true
      case 'ip':
        return sharePrefix(client, mechanism.network, mechanism.prefix)
      case 'include': {
        this.#lookup.term()
        const target = await this.#target(mechanism.target, domain)
        const { status } = await this.host(target, false)
        if (status === 'none') throw permanent(`${domain} includes ${target}, which has no SPF record`)
        return status === 'pass'
      }
      case 'exists': {
        this.#lookup.term()
        const found = await this.#lookup.records(await this.#target(mechanism.target, domain), 'A')
        return found.length > 0
      }
      case 'ptr': {
        this.#lookup.term()
        const target = (await this.#target(mechanism.target, domain)).toLowerCase()
        return (await this.#validatedNames()).some((name) => isWithin(name, target))
      }
      case 'a':
      case 'mx': {
        this.#lookup.term()
        const prefix = client.length === 4 ? mechanism.prefix4 : mechanism.prefix6
        const target = await this.#target(mechanism.target, domain)
        for (const host of mechanism.kind === 'a' ? [target] : await this.#lookup.mailHosts(target)) {
          const found = await this.#lookup.addresses(host, client)
          if (found.some((address) => sharePrefix(client, address, prefix))) return true
        }
        return false
      }
    }
  }

  /** The name that a term is about: its own, or the domain of the record. */
  async #target(pieces: readonly MacroPiece[] | undefined, domain: string): Promise<string> {
    if (pieces === undefined) return domain
    const written = await expandMacros(pieces, (letter) => this.#value(letter, domain))
    const name = written.endsWith('.') ? written.slice(0, -1) : written
    // Too long a name loses labels on the left until it fits (RFC 7208 §7.3).
    if (name.length <= NAME_LIMIT) return name
    const dot = name.indexOf('.', name.length - NAME_LIMIT - 1)
    return dot < 0 ? '' : name.slice(dot + 1)
  }

  async #value(letter: string, domain: string): Promise<string> {
    const { client, localPart, senderDomain, helo, options } = this.#facts
    switch (letter) {
      case 's':
        return `${localPart}@${senderDomain}`
      case 'l':
        return localPart
      case 'o':
        return senderDomain
      case 'd':
        return domain
      case 'i':
        return dottedAddress(client)
      case 'p':
        return this.#bestName(domain)
      case 'v':
        return client.length === 4 ? 'in-addr' : 'ip6'
      case 'h':
        return helo
      case 'c':
        return formatIpAddress(client)
      case 'r':
        return options.receiver
      default:
        return String(Math.floor(options.now / 1000))
    }
  }

  /** `%{p}`: the domain itself if it is among the names, else one below it, else any (RFC 7208 §7.3). */
  async #bestName(domain: string): Promise<string> {
    const names = await this.#validatedNames()
    return (
      names.find((name) => name === domain) ?? names.find((name) => isWithin(name, domain)) ?? names[0] ?? 'unknown'
    )
  }

  #validatedNames(): Promise<string[]> {
    this.#names ??= this.#lookup.validatedNames(this.#facts.client)
    return this.#names
  }

  /** Whatever is wrong with an explanation, there is none then (RFC 7208 §6.2). */
  async #explain(record: SpfRecord, domain: string): Promise<string | undefined> {
    if (record.explanation === undefined) return undefined
    try {
      const name = await this.#target(record.explanation, domain)
      const texts = await this.#lookup.records(name, 'TXT', false)
      const pieces = texts.length === 1 ? parseMacroString(texts[0]!, true) : undefined
      if (pieces === undefined) return undefined
      const text = await expandMacros(pieces, (letter) => this.#value(letter, domain))
      return /^[\x20-\x7e]+$/.test(text) ? text.slice(0, EXPLANATION_LIMIT) : undefined
    } catch (error) {
      if (error instanceof SpfFailure) return undefined
      throw error
    }
  }
}
