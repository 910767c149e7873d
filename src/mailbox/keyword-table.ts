/**
 * Keywords as bits: the well-known ones have fixed bits, custom ones get the account's next free bit, and when bits
 * run out names are kept beside the bits ("extra" names).
 */
import type { Sql } from '../storage/index.ts'
import { StoreError } from './errors.ts'
import { deletedFlag, normaliseKeyword } from './keyword-name.ts'
import type { SetPatch } from './types.ts'

/** Bits 0 to 9. Part of the stored format: never reorder. */
const fixedNames = [
  '$seen',
  '$answered',
  '$flagged',
  '$draft',
  deletedFlag,
  '$forwarded',
  '$mdnsent',
  '$junk',
  '$notjunk',
  '$phishing',
] as const

export const seenBit = 1 << 0
export const draftBit = 1 << 3
export const deletedBit = 1 << 4
/** The last bit for custom keywords; the first is the one after the fixed names. */
const lastCustom = 28
/** Not a keyword: the email has an attachment; here so that queries find it in the columns. */
export const attachmentBit = 1 << 29
/** Not a keyword: the placement has extra names. */
export const extraBit = 1 << 30
/** All bits that stand for keywords or `\Deleted`. */
export const keywordBits = (1 << (lastCustom + 1)) - 1

/** Combinations of keywords whose names are kept ready. */
const maxCachedSets = 4096

const noNames: readonly string[] = []

/** Keywords of one message: bits, and names that have none (sorted). */
export interface KeywordSet {
  readonly bits: number
  readonly extra: readonly string[]
}

/** A change of keyword sets: keep what `keep` has, drop `dropExtra` (or all extra names), add the rest. */
export interface KeywordDelta {
  readonly keep: number
  readonly add: number
  readonly dropExtra: readonly string[] | 'all'
  readonly addExtra: readonly string[]
}

export class KeywordTable {
  readonly #sql: Sql
  #bits: Map<string, number> | undefined
  #names: string[] = []
  readonly #sets = new Map<number, readonly string[]>()

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** The bit of a normalised name; undefined when it has none (then it is an extra name or unused). */
  bitOf(name: string): number | undefined {
    return this.#load().get(name)
  }

  /** The names of a set, sorted, without `\Deleted`. Frozen: shared between calls. */
  names(bits: number, extra: readonly string[] = noNames): readonly string[] {
    const keywords = bits & keywordBits & ~deletedBit
    this.#load()
    let names = this.#sets.get(keywords)
    if (names === undefined) {
      const found: string[] = []
      for (let bit = 0; bit <= lastCustom; bit++) if (keywords & (1 << bit)) found.push(this.#names[bit] as string)
      names = Object.freeze(found.sort())
      if (this.#sets.size >= maxCachedSets) this.#sets.clear()
      this.#sets.set(keywords, names)
    }
    return extra.length === 0 ? names : [...names, ...extra].sort()
  }

  /** Bits of names for a new message, giving out bits as needed. */
  set(names: readonly string[], limit: number): KeywordSet {
    const normal = names.map(expectKeyword)
    this.check(new Set(normal).size, limit)
    const delta = this.#split(normal, true)
    return { bits: delta.bits, extra: [...delta.extra].sort() }
  }

  /** The delta of a patch whose names have passed `checkNames`. Gives out bits, so only call when about to write. */
  delta(patch: SetPatch<string>): KeywordDelta {
    const removed = this.#split((patch.remove ?? []).map(expectKeyword), false)
    const replaced = this.#split((patch.replace ?? []).map(expectKeyword), true)
    const added = this.#split((patch.add ?? []).map(expectKeyword), true)
    const replacing = patch.replace !== undefined
    return {
      keep: replacing ? ~keywordBits : ~removed.bits,
      add: (replaced.bits & ~removed.bits) | added.bits,
      dropExtra: replacing ? 'all' : removed.extra,
      addExtra: [...replaced.extra.filter((name) => !removed.extra.includes(name)), ...added.extra],
    }
  }

  check(count: number, limit: number): void {
    if (count > limit) throw new StoreError('tooManyKeywords', `an email has at most ${limit} keywords`, ['keywords'])
  }

  forget(): void {
    this.#bits = undefined
    this.#sets.clear()
  }

  #split(names: readonly string[], allot: boolean): { bits: number; extra: string[] } {
    let bits = 0
    const extra = new Set<string>()
    for (const name of names) {
      const bit = this.bitOf(name) ?? (allot ? this.#allot(name) : undefined)
      if (bit === undefined) extra.add(name)
      else bits |= 1 << bit
    }
    return { bits, extra: [...extra] }
  }

  #allot(name: string): number | undefined {
    const bit = this.#names.length
    if (bit > lastCustom) return undefined
    this.#sql.exec('INSERT INTO keyword (bit, name) VALUES (?, ?)', bit, name)
    this.#names.push(name)
    this.#load().set(name, bit)
    return bit
  }

  #load(): Map<string, number> {
    if (this.#bits === undefined) {
      const custom = this.#sql.exec<{ bit: number; name: string }>('SELECT bit, name FROM keyword ORDER BY bit')
      this.#names = [...fixedNames, ...custom.toArray().map((row) => row.name)]
      this.#bits = new Map(this.#names.map((name, bit) => [name, bit]))
    }
    return this.#bits
  }
}

/** Throws `invalidProperties` unless every name in the patch is a keyword or `\Deleted`. */
export function checkNames(patch: SetPatch<string>): void {
  for (const names of [patch.replace, patch.add, patch.remove]) names?.forEach(expectKeyword)
}

function expectKeyword(text: string): string {
  const lower = text.toLowerCase()
  if (lower === deletedFlag) return deletedFlag
  const name = normaliseKeyword(text)
  if (name === undefined) throw new StoreError('invalidProperties', `not a keyword: ${text.slice(0, 80)}`, ['keywords'])
  return name
}
