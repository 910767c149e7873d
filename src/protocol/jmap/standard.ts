/**
 * The arguments that every /get, /changes, /set, /query and /queryChanges share, checked in one place.
 *
 * Standards: RFC 8620 §5.1, §5.2, §5.3, §5.5, §5.6.
 */
import { Arguments } from './argument.ts'
import type { CreatedIds } from './dispatch.ts'
import { invalidArguments, MethodError } from './error.ts'
import type { JsonObject } from './json.ts'

export interface StandardLimits {
  readonly maxObjectsInGet: number
  readonly maxObjectsInSet: number
}

/** Throws `accountNotFound` unless the call names the account this endpoint serves. */
export function checkAccount(args: Arguments, accountId: string): void {
  const given = args.expectString('accountId')
  if (given !== accountId) throw new MethodError('accountNotFound')
}

/** The id a creation reference stands for; undefined when nothing of that name was created. */
export function resolveId(id: string, createdIds: CreatedIds): string | undefined {
  return id.startsWith('#') ? createdIds.get(id.slice(1)) : id
}

export interface GetArguments {
  readonly args: Arguments
  /** Distinct, resolved ids; undefined: all. */
  readonly ids: readonly string[] | undefined
  /** Creation references that stand for nothing: they belong into `notFound`. */
  readonly unresolved: readonly string[]
  readonly properties: readonly string[] | undefined
}

export interface Standard {
  readonly accountId: string
  readonly limits: StandardLimits
  readonly createdIds: CreatedIds
}

/** RFC 8620 §5.1. `extra` are the type's own argument names. */
export function getArguments(values: JsonObject, standard: Standard, extra: readonly string[] = []): GetArguments {
  const args = new Arguments(values, ['accountId', 'ids', 'properties', ...extra])
  checkAccount(args, standard.accountId)
  return idArguments(args, standard)
}

/** The part of /get that types without an account have too (RFC 8620 §7.2.1). */
export function idArguments(args: Arguments, standard: Omit<Standard, 'accountId'>): GetArguments {
  const given = args.ids('ids')
  const properties = args.strings('properties')
  if (given === undefined) return { args, ids: undefined, unresolved: [], properties }
  const ids = new Set<string>()
  const unresolved = new Set<string>()
  for (const id of given) {
    const resolved = resolveId(id, standard.createdIds)
    if (resolved === undefined) unresolved.add(id)
    else ids.add(resolved)
  }
  refuseTooMany(ids.size + unresolved.size, standard.limits.maxObjectsInGet)
  return { args, ids: [...ids], unresolved: [...unresolved], properties }
}

export function refuseTooMany(count: number, limit: number): void {
  if (count > limit) throw new MethodError('requestTooLarge', `At most ${limit} objects in one call.`)
}

export interface ChangesArguments {
  readonly args: Arguments
  readonly sinceState: string
  readonly maxChanges: number | undefined
}

/** RFC 8620 §5.2. */
export function changesArguments(values: JsonObject, standard: Standard): ChangesArguments {
  const args = new Arguments(values, ['accountId', 'sinceState', 'maxChanges'])
  checkAccount(args, standard.accountId)
  return { args, sinceState: args.expectString('sinceState'), maxChanges: positive(args, 'maxChanges') }
}

export interface SetOperations {
  readonly args: Arguments
  readonly create: readonly (readonly [creationId: string, value: JsonObject])[]
  /** Keys as given, perhaps creation references: they can name records of the same call. */
  readonly update: readonly (readonly [id: string, patch: JsonObject])[]
  readonly destroy: readonly string[]
}

export interface SetArguments extends SetOperations {
  readonly ifInState: string | undefined
}

/** RFC 8620 §5.3. */
export function setArguments(values: JsonObject, standard: Standard, extra: readonly string[] = []): SetArguments {
  const args = new Arguments(values, ['accountId', 'ifInState', 'create', 'update', 'destroy', ...extra])
  checkAccount(args, standard.accountId)
  return { ...setOperations(args, standard.limits), ifInState: args.string('ifInState') }
}

/** The part of /set that types without an account have too (RFC 8620 §7.2.2). */
export function setOperations(args: Arguments, limits: StandardLimits): SetOperations {
  const create = Object.entries(args.creations('create') ?? {})
  const update = Object.entries(args.objects('update') ?? {})
  const destroy = [...new Set(args.ids('destroy') ?? [])]
  refuseTooMany(create.length + update.length + destroy.length, limits.maxObjectsInSet)
  return { args, create, update, destroy }
}

export interface Comparator {
  readonly property: string
  readonly isAscending: boolean
  readonly collation: string | undefined
  /** The properties a type adds, such as `keyword` (RFC 8621 §4.4.2). */
  readonly extra: JsonObject
}

export interface QueryArguments {
  readonly args: Arguments
  readonly filter: JsonObject | undefined
  readonly sort: readonly Comparator[]
  readonly position: number
  readonly anchor: string | undefined
  readonly anchorOffset: number
  readonly limit: number | undefined
  readonly calculateTotal: boolean
}

const queryNames = ['accountId', 'filter', 'sort', 'calculateTotal']

/** RFC 8620 §5.5. */
export function queryArguments(values: JsonObject, standard: Standard, extra: readonly string[] = []): QueryArguments {
  const args = new Arguments(values, [...queryNames, 'position', 'anchor', 'anchorOffset', 'limit', ...extra])
  checkAccount(args, standard.accountId)
  return {
    args,
    filter: args.object('filter'),
    sort: comparators(args),
    position: args.int('position'),
    anchor: anchorOf(args, standard.createdIds),
    anchorOffset: args.int('anchorOffset'),
    limit: args.unsignedInt('limit'),
    calculateTotal: args.boolean('calculateTotal'),
  }
}

export interface QueryChangesArguments {
  readonly args: Arguments
  readonly filter: JsonObject | undefined
  readonly sort: readonly Comparator[]
  readonly sinceQueryState: string
  readonly maxChanges: number | undefined
  readonly upToId: string | undefined
  readonly calculateTotal: boolean
}

/** RFC 8620 §5.6. */
export function queryChangesArguments(
  values: JsonObject,
  standard: Standard,
  extra: readonly string[] = [],
): QueryChangesArguments {
  const args = new Arguments(values, [...queryNames, 'sinceQueryState', 'maxChanges', 'upToId', ...extra])
  checkAccount(args, standard.accountId)
  return {
    args,
    filter: args.object('filter'),
    sort: comparators(args),
    sinceQueryState: args.expectString('sinceQueryState'),
    maxChanges: positive(args, 'maxChanges'),
    upToId: args.id('upToId'),
    calculateTotal: args.boolean('calculateTotal'),
  }
}

function anchorOf(args: Arguments, createdIds: CreatedIds): string | undefined {
  const anchor = args.string('anchor')
  return anchor?.startsWith('#') ? (createdIds.get(anchor.slice(1)) ?? anchor) : args.id('anchor')
}

function comparators(args: Arguments): Comparator[] {
  const sort = args.value('sort')
  if (sort === undefined) return []
  if (!Array.isArray(sort)) throw invalidArguments('sort is not an array of Comparator.')
  if (sort.length > maxComparators) throw new MethodError('unsupportedSort', `At most ${maxComparators} comparators.`)
  return sort.map((item) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) {
      throw invalidArguments('sort is not an array of Comparator.')
    }
    const { property, isAscending = true, collation: named, ...extra } = item
    // QUIRK: meli (seen with 0.8.11) writes null for the server's default.
    const collation = named ?? undefined
    if (typeof property !== 'string') throw invalidArguments('A Comparator needs a property.')
    if (typeof isAscending !== 'boolean') throw invalidArguments('isAscending is not a Boolean.')
    if (collation !== undefined && typeof collation !== 'string') throw invalidArguments('collation is not a String.')
    return { property, isAscending, collation, extra }
  })
}

/** More than any client uses; each one is a comparison per pair of records. */
const maxComparators = 16

function positive(args: Arguments, name: string): number | undefined {
  const value = args.unsignedInt(name)
  if (value === 0) throw invalidArguments(`${name} is not greater than zero.`)
  return value
}
