/**
 * Filters of /query: trees of operators over a type's own conditions.
 *
 * Standards: RFC 8620 §5.5.
 * Limits: conditions and depth, since a filter is evaluated for every record.
 */
import { invalidArguments, MethodError } from './error.ts'
import { isObject, member, type Json, type JsonObject } from './json.ts'

export type Filter<Condition> =
  | { readonly operator: 'AND' | 'OR' | 'NOT'; readonly conditions: readonly Filter<Condition>[] }
  | { readonly condition: Condition }

export interface FilterLimits {
  readonly maxFilterConditions: number
  readonly maxFilterDepth: number
}

/** `condition` checks one FilterCondition and throws `invalidArguments` or `unsupportedFilter`. */
export function parseFilter<Condition>(
  root: JsonObject,
  condition: (value: JsonObject) => Condition,
  limits: FilterLimits,
): Filter<Condition> {
  let remaining = limits.maxFilterConditions
  function parse(value: Json, depth: number): Filter<Condition> {
    if (!isObject(value)) throw invalidArguments('A filter is not an object.')
    if (depth > limits.maxFilterDepth || --remaining < 0) {
      throw new MethodError('unsupportedFilter', 'The filter is too large.')
    }
    const operator = member(value, 'operator')
    if (operator === undefined) return { condition: condition(value) }
    if (operator !== 'AND' && operator !== 'OR' && operator !== 'NOT') {
      throw invalidArguments('The operator of a filter is AND, OR or NOT.')
    }
    const conditions = member(value, 'conditions')
    if (!Array.isArray(conditions) || Object.keys(value).length !== 2) {
      throw invalidArguments('A FilterOperator has an operator and an array of conditions.')
    }
    return { operator, conditions: conditions.map((inner) => parse(inner, depth + 1)) }
  }
  return parse(root, 1)
}

/** NOT is true when none of its conditions is (RFC 8620 §5.5). */
export function matchesFilter<Condition>(
  filter: Filter<Condition>,
  matches: (condition: Condition) => boolean,
): boolean {
  if ('condition' in filter) return matches(filter.condition)
  const matching = (inner: Filter<Condition>) => matchesFilter(inner, matches)
  if (filter.operator === 'AND') return filter.conditions.every(matching)
  if (filter.operator === 'OR') return filter.conditions.some(matching)
  return !filter.conditions.some(matching)
}
