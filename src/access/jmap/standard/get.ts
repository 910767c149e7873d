/**
 * /get for types whose records are small: every property is read from the record in memory.
 *
 * Standards: RFC 8620 §5.1.
 */
import {
  getArguments,
  invalidArguments,
  refuseTooMany,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type JmapContext } from '../context.ts'
import { currentState } from './state.ts'

export type PropertyReaders<T> = Readonly<Record<string, (record: T) => Json>>

export interface GetType<T> {
  readonly capability: string
  /** Those that the client may know of, where that depends on what it uses. */
  readonly properties: PropertyReaders<T> | ((call: CallContext) => PropertyReaders<T>)
  /** Those that exist, by id. */
  findMany(ids: readonly string[]): ReadonlyMap<string, T>
  /** Every record, for `ids: null`. */
  all(): readonly T[]
}

export function getMethod<T>(context: JmapContext, type: GetType<T>): Method {
  return {
    capability: type.capability,
    run(values, call) {
      const { ids, unresolved, properties } = getArguments(values, standardOf(context, call))
      const readers = typeof type.properties === 'function' ? type.properties(call) : type.properties
      const names = checkProperties(properties, readers)
      const notFound: string[] = [...unresolved]
      const records: T[] = []
      if (ids === undefined) {
        records.push(...type.all())
        refuseTooMany(records.length, context.limits.maxObjectsInGet)
      } else {
        const found = type.findMany(ids)
        for (const id of ids) {
          const record = found.get(id)
          if (record === undefined) notFound.push(id)
          else records.push(record)
        }
      }
      const list = records.map((record) => readRecord(record, names, readers))
      return { arguments: { accountId: context.account.id, state: currentState(context), list, notFound } }
    },
  }
}

/** `findMany` for a type whose records are found one by one. */
export function eachOf<T>(find: (id: string) => T | undefined): (ids: readonly string[]) => ReadonlyMap<string, T> {
  return (ids) => {
    const found = new Map<string, T>()
    for (const id of ids) {
      const record = find(id)
      if (record !== undefined) found.set(id, record)
    }
    return found
  }
}

/** The properties to return, `id` always among them. Throws `invalidArguments` for an unknown one. */
export function checkProperties<T>(asked: readonly string[] | undefined, known: PropertyReaders<T>): readonly string[] {
  if (asked === undefined) return Object.keys(known)
  for (const name of asked) {
    if (!Object.hasOwn(known, name)) throw invalidArguments(`Unknown property ${JSON.stringify(name)}.`)
  }
  return [...new Set(['id', ...asked])]
}

export function readRecord<T>(record: T, names: readonly string[], readers: PropertyReaders<T>): JsonObject {
  const result: JsonObject = {}
  for (const name of names) result[name] = (readers[name] as (record: T) => Json)(record)
  return result
}
