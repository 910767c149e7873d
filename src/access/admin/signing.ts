/**
 * The keys of a domain's DKIM signatures: made, published by the operator, put to use, and changed.
 *
 * A change takes two steps with the DNS in between, and one command for both: the first call makes new keys and says what
 * to publish; once the DNS shows the records, the next call puts the keys to use. Mail is signed by the old ones meanwhile.
 *
 * Standards: RFC 6376 §3.1 (selectors), RFC 8301 (RSA with 2,048 bits), RFC 8463 (Ed25519 beside it).
 */
import { generateKeyPair, parseKeyRecord, type SignatureCrypto } from '../../protocol/dkim/index.ts'
import type { DnsResolver } from '../../protocol/dns/index.ts'
import type { NewSigningKey, PublishedKey } from '../../routing/index.ts'
import { AdminError } from './error.ts'
import { domainName, type Fields } from './fields.ts'
import type { AdminPorts } from './ports.ts'

/** A key and the name of its record. */
export interface SigningKeySummary extends PublishedKey {
  readonly name: string
}

/**
 * `made`: publish the records of the keys that are `next`, or `active` when there were none before. `activated`: what was
 * next signs now. `waiting`: the DNS does not show the records of `missing` yet.
 */
export interface RotationStep {
  readonly step: 'made' | 'activated' | 'waiting'
  readonly missing: readonly string[]
  readonly keys: readonly SigningKeySummary[]
}

const algorithms = ['rsa-sha256', 'ed25519-sha256'] as const

export class SigningAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  async list(domain: string): Promise<SigningKeySummary[]> {
    const name = domainName(domain)
    return (await this.#keys(name)).map((key) => ({ ...key, name: recordName(key.selector, name) }))
  }

  /** The next step of a change of keys; `now` puts new keys to use without a look at the DNS. */
  async rotate(domain: string, fields: Fields = {}): Promise<RotationStep> {
    const name = domainName(domain)
    const door = this.#ports.domain(name)
    const keys = await this.#keys(name)
    const next = keys.filter(({ state }) => state === 'next')
    if (next.length === 0) {
      const first = keys.every(({ state }) => state === 'retired')
      await door.addSigningKeys(await this.#newKeys(), first ? 'active' : 'next')
      return { step: 'made', missing: [], keys: await this.list(name) }
    }
    const missing = Object.hasOwn(fields, 'now') && fields['now'] === true ? [] : await this.#unpublished(name, next)
    if (missing.length > 0) return { step: 'waiting', missing, keys: await this.list(name) }
    await door.activateSigningKeys()
    return { step: 'activated', missing: [], keys: await this.list(name) }
  }

  /** Mail of the domain is signed no more. Records stay listed, since mail is under way. */
  async stop(domain: string): Promise<void> {
    const name = domainName(domain)
    await this.#keys(name)
    await this.#ports.domain(name).retireSigningKeys()
  }

  /** Called when a domain begins to be hosted. */
  async begin(name: string): Promise<void> {
    await this.#ports.domain(name).addSigningKeys(await this.#newKeys(), 'active')
  }

  async #unpublished(name: string, keys: readonly PublishedKey[]): Promise<string[]> {
    const found = await Promise.all(keys.map((key) => isPublished(name, key, this.#ports.dns)))
    return keys.filter((_, at) => !found[at]).map(({ selector }) => recordName(selector, name))
  }

  async #newKeys(): Promise<NewSigningKey[]> {
    return makeKeys(this.#ports.now(), this.#ports.randomText(4), this.#ports.crypto)
  }

  async #keys(name: string): Promise<PublishedKey[]> {
    const keys = await this.#ports.domain(name).signingKeys()
    if (keys === undefined) throw new AdminError('missing', `${name} is not hosted here`)
    return keys
  }
}

/** Selectors begin with the day, so that people see how old a key is. */
async function makeKeys(now: number, unique: string, crypto: SignatureCrypto): Promise<NewSigningKey[]> {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '')
  return Promise.all(
    algorithms.map(async (algorithm): Promise<NewSigningKey> => {
      const { privateKey, record } = await generateKeyPair(algorithm, crypto)
      return {
        selector: `${day}-${unique}-${algorithm === 'rsa-sha256' ? 'rsa' : 'ed'}`,
        algorithm,
        record,
        privateKey,
      }
    }),
  )
}

export function recordName(selector: string, domain: string): string {
  return `${selector}._domainkey.${domain}`
}

/** True when the DNS shows this very key. An answer that does not come is an error for people, not a no. */
export async function isPublished(
  domain: string,
  key: Pick<PublishedKey, 'selector' | 'record'>,
  dns: Pick<DnsResolver, 'resolve'>,
): Promise<boolean> {
  const answer = await dns.resolve(recordName(key.selector, domain), 'TXT')
  if (answer.status === 'failed') throw new AdminError('conflict', `the DNS cannot be asked now: ${answer.reason}`)
  return answer.status === 'found' && answer.records.some((text) => isSameKey(text, key.record))
}

/** Whether two key records hold the same key, however they are spaced. */
export function isSameKey(one: string, other: string): boolean {
  const [left, right] = [parseKeyRecord(one), parseKeyRecord(other)]
  if (typeof left === 'string' || typeof right === 'string') return false
  return left.type === right.type && left.key.length > 0 && left.key.toString() === right.key.toString()
}
