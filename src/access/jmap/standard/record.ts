/**
 * Checks the properties of a record that a client creates or patches.
 *
 * Standards: RFC 8620 §5.3 (`invalidProperties`, immutable and server-set properties).
 */
import {
  applyPatch,
  equalJson,
  invalidProperties,
  member,
  patchedProperties,
  type Json,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'

/** Whether a value may stand in a property; the record's other properties are not looked at. */
export type PropertyChecks = Readonly<Record<string, (value: Json) => boolean>>

/** Throws `invalidProperties` naming every property that is unknown, server-set or of a wrong type or value. */
export function checkRecord(record: JsonObject, checks: PropertyChecks): void {
  const wrong = Object.keys(record).filter((name) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    return check === undefined || !check(record[name] as Json)
  })
  if (wrong.length > 0) throw invalidProperties(wrong, 'Unknown, not settable, or of a wrong type.')
}

/**
 * The mutable properties a patch changes, with their new whole values. A client may send other properties along when
 * they equal what the record has. Throws `invalidPatch` or `invalidProperties`.
 */
export function patchRecord(
  current: JsonObject,
  patch: JsonObject,
  checks: PropertyChecks,
  defaults: JsonObject,
): JsonObject {
  const touched = [...patchedProperties(patch)]
  const patched = applyPatch(current, patch, defaults)
  const changes: JsonObject = {}
  const wrong: string[] = []
  for (const name of touched) {
    const value = member(patched, name)
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      if (!Object.hasOwn(current, name) || !equalJson(value, current[name])) wrong.push(name)
    } else if (value === undefined || !check(value)) wrong.push(name)
    else changes[name] = value
  }
  if (wrong.length > 0) throw invalidProperties(wrong, 'Unknown, immutable, or of a wrong type.')
  return changes
}

export const isString = (value: Json): boolean => typeof value === 'string'
export const isBoolean = (value: Json): boolean => typeof value === 'boolean'
export const isStringOrNull = (value: Json): boolean => value === null || typeof value === 'string'
