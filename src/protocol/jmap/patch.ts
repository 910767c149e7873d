/**
 * PatchObject: updates of single members of a record by JSON pointers without the leading slash.
 *
 * Standards: RFC 8620 §5.3, RFC 6901.
 */
import { SetError } from './error.ts'
import { isObject, member, type Json, type JsonObject } from './json.ts'
import { setOwn } from './reference.ts'

/**
 * `record` with `patch` applied; `record` itself is not touched. A null sets the default of a top-level property where
 * `defaults` has one, and removes the member otherwise. Throws SetError `invalidPatch`.
 */
export function applyPatch(record: JsonObject, patch: JsonObject, defaults: JsonObject = {}): JsonObject {
  const paths = Object.keys(patch).map((pointer) => ({ pointer, tokens: pointerTokens(pointer) }))
  refuseOverlap(paths.map(({ tokens }) => tokens))
  const result = { ...record }
  const copied = new Set<JsonObject>([result])
  for (const { pointer, tokens } of paths) {
    const parent = parentOf(result, tokens, copied, pointer)
    const name = tokens.at(-1) as string
    const value = patch[pointer] as Json
    if (value !== null) setOwn(parent, name, value)
    else if (tokens.length === 1 && Object.hasOwn(defaults, name)) setOwn(parent, name, defaults[name] as Json)
    else delete parent[name]
  }
  return result
}

/** The first token of each pointer: which properties a patch touches. Throws `invalidPatch` for a malformed one. */
export function patchedProperties(patch: JsonObject): Set<string> {
  return new Set(Object.keys(patch).map((pointer) => pointerTokens(pointer)[0] as string))
}

function pointerTokens(pointer: string): string[] {
  const tokens = pointer.split('/')
  if (tokens.some((token) => /~(?![01])/.test(token))) throw invalidPatch(`${pointer} is not a JSON pointer.`)
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** No pointer may be another's prefix: the outcome would hang on the order of members. */
function refuseOverlap(paths: readonly (readonly string[])[]): void {
  const whole = new Set(paths.map((tokens) => JSON.stringify(tokens)))
  if (whole.size !== paths.length) throw invalidPatch('Two pointers name the same member.')
  for (const tokens of paths) {
    for (let length = 1; length < tokens.length; length++) {
      const prefix = JSON.stringify(tokens.slice(0, length))
      if (whole.has(prefix)) throw invalidPatch(`${tokens.join('/')} lies inside another pointer of the patch.`)
    }
  }
}

/** The object that holds the last token, copied on the way so that the original stays as it is. */
function parentOf(root: JsonObject, tokens: readonly string[], copied: Set<JsonObject>, pointer: string): JsonObject {
  let parent = root
  for (const token of tokens.slice(0, -1)) {
    const child = member(parent, token)
    if (!isObject(child)) {
      throw invalidPatch(
        `${pointer} goes through something that ${Array.isArray(child) ? 'is an array' : 'is no object'}.`,
      )
    }
    const own = copied.has(child) ? child : { ...child }
    copied.add(own)
    setOwn(parent, token, own)
    parent = own
  }
  return parent
}

function invalidPatch(description: string): SetError {
  return new SetError('invalidPatch', description)
}

/** Equality of JSON values, for server-set properties that a client sends back unchanged (RFC 8620 §5.3). */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => equalJson(a[name], member(b, name)))
}
