/**
 * Reads the arguments of a method: one typed accessor per JMAP type, unknown names refused.
 *
 * Standards: RFC 8620 §3.6.2 (`invalidArguments`: wrong type, missing, or unknown to the method).
 */
import { invalidArguments } from './error.ts'
import { isObject, member, type Json, type JsonObject } from './json.ts'
import { isId, isInt, isUnsignedInt } from './type.ts'

export class Arguments {
  readonly #values: JsonObject

  /** Throws `invalidArguments` for a name outside `allowed`. */
  constructor(values: JsonObject, allowed: readonly string[]) {
    this.#values = values
    for (const name of Object.keys(values)) {
      if (!allowed.includes(name)) throw invalidArguments(`Unknown argument ${JSON.stringify(name)}.`)
    }
  }

  /** The value, or undefined when absent or null. */
  value(name: string): Json | undefined {
    return member(this.#values, name) ?? undefined
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name)
  }

  id(name: string): string | undefined {
    return this.#typed(name, isId, 'an Id')
  }

  string(name: string): string | undefined {
    return this.#typed(name, (value) => typeof value === 'string', 'a String')
  }

  expectString(name: string): string {
    return this.string(name) ?? missing(name)
  }

  /** `Boolean` has no null form: an explicit null is refused. */
  boolean(name: string, fallback = false): boolean {
    return this.#present(name, (value) => typeof value === 'boolean', 'a Boolean') ?? fallback
  }

  /** `Int` neither. */
  int(name: string, fallback = 0): number {
    return this.#present(name, isInt, 'an Int') ?? fallback
  }

  unsignedInt(name: string): number | undefined {
    return this.#typed(name, isUnsignedInt, 'an UnsignedInt')
  }

  strings(name: string): readonly string[] | undefined {
    return this.#typed(name, isStrings, 'an array of String')
  }

  /** Ids as the client wrote them: creation references (`#…`) are let through for the caller to resolve. */
  ids(name: string): readonly string[] | undefined {
    return this.#typed(name, isIdsOrReferences, 'an array of Id')
  }

  expectIds(name: string): readonly string[] {
    return this.ids(name) ?? missing(name)
  }

  object(name: string): JsonObject | undefined {
    return this.#typed(name, isObject, 'an Object')
  }

  /** A map whose every value is an object, as `create` and `update` have. */
  objects(name: string): Readonly<Record<string, JsonObject>> | undefined {
    const value = this.object(name)
    if (value === undefined) return undefined
    for (const [key, item] of Object.entries(value)) {
      if (!isIdOrReference(key)) throw invalidArguments(`${name} has a key that is not an Id.`)
      if (!isObject(item)) throw invalidArguments(`${name}/${key} is not an Object.`)
    }
    return value as Record<string, JsonObject>
  }

  /** As `objects`, by creation ids: those are Ids themselves, not references to one. */
  creations(name: string): Readonly<Record<string, JsonObject>> | undefined {
    const value = this.objects(name)
    if (Object.keys(value ?? {}).some((creationId) => creationId.startsWith('#'))) {
      throw invalidArguments(`${name} has a creation id that is not an Id.`)
    }
    return value
  }

  /** RFC 8620 §3.5: null is the default where the type allows it. */
  #typed<T extends Json>(name: string, is: (value: Json) => value is T, what: string): T | undefined {
    return member(this.#values, name) === null ? undefined : this.#present(name, is, what)
  }

  #present<T extends Json>(name: string, is: (value: Json) => value is T, what: string): T | undefined {
    const value = member(this.#values, name)
    if (value === undefined) return undefined
    if (!is(value)) throw wrong(name, what)
    return value
  }
}

export function isIdOrReference(value: unknown): value is string {
  return typeof value === 'string' && isId(value.startsWith('#') ? value.slice(1) : value)
}

function isStrings(value: Json): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isIdsOrReferences(value: Json): value is string[] {
  return Array.isArray(value) && value.every(isIdOrReference)
}

function wrong(name: string, what: string) {
  return invalidArguments(`${name} is not ${what}.`)
}

function missing(name: string): never {
  throw invalidArguments(`${name} is missing.`)
}
