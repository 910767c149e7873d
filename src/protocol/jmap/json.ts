/**
 * I-JSON, both ways: UTF-8 only, no duplicate names, no lone surrogates or noncharacters, bounded depth.
 *
 * Standards: RFC 7493 §2, RFC 8620 §1.5 and §3.6.1 (`notJSON`).
 * Limits: nesting depth (a filter or body structure is walked recursively later on).
 * Security: fed with request bodies as the network gave them.
 */

export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [name: string]: Json
}

export const maxJsonDepth = 100

/** The value, or undefined when the bytes are not I-JSON. */
export function parseJson(bytes: Uint8Array, maxDepth = maxJsonDepth): { value: Json } | undefined {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
  return parseJsonText(text, maxDepth)
}

/** The same for text that arrived decoded, as WebSocket frames do. */
export function parseJsonText(text: string, maxDepth = maxJsonDepth): { value: Json } | undefined {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    return undefined
  }
  const members = countMembers(value, maxDepth)
  // JSON.parse keeps the last of two equal names; each member has exactly one colon outside strings.
  if (members === undefined || members !== countColons(text)) return undefined
  return { value }
}

const noncharacter = /\p{Noncharacter_Code_Point}/u
const noncharacters = new RegExp(noncharacter, 'gu')

/** RFC 7493 §2.1, also of what was written as escapes. */
function isText(text: string): boolean {
  return text.isWellFormed() && !noncharacter.test(text)
}

/** I-JSON text. Mail may hold what I-JSON may not: U+FFFD stands for it. */
export function printJson(value: object): string {
  return JSON.stringify(value).replace(noncharacters, '\uFFFD')
}

/** Object members in the whole tree; undefined when it is too deep or holds an ill-formed string. */
function countMembers(root: Json, maxDepth: number): number | undefined {
  let members = 0
  let level: Json[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return undefined
    const next: Json[] = []
    for (const value of level) {
      if (typeof value === 'string') {
        if (!isText(value)) return undefined
      } else if (Array.isArray(value)) {
        for (const item of value) if (item !== null && typeof item !== 'number') next.push(item)
      } else if (value !== null && typeof value === 'object') {
        for (const name of Object.keys(value)) {
          if (!isText(name)) return undefined
          members++
          next.push(value[name] as Json)
        }
      }
    }
    level = next
  }
  return members
}

/** Colons outside strings, in text already known to be JSON. */
function countColons(text: string): number {
  let colons = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x3a) colons++
    else if (code === 0x22) at = endOfString(text, at)
  }
  return colons
}

function endOfString(text: string, open: number): number {
  let at = text.indexOf('"', open + 1)
  while (isEscaped(text, at)) at = text.indexOf('"', at + 1)
  return at
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
  return backslashes % 2 === 1
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** An own member; never what a prototype offers. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/**
 * Characters and nodes of a value, for bounding what result references may multiply. Stops counting above `limit`.
 */
export function weigh(value: Json, limit: number): number {
  let weight = 0
  const pending: Json[] = [value]
  while (pending.length > 0 && weight <= limit) {
    const next = pending.pop() as Json
    weight += 1
    if (typeof next === 'string') weight += next.length
    else if (Array.isArray(next)) for (const item of next) pending.push(item)
    else if (isObject(next)) {
      for (const name of Object.keys(next)) {
        weight += name.length
        pending.push(next[name] as Json)
      }
    }
  }
  return weight
}
