/**
 * References to results of earlier method calls: `"#ids": { resultOf, name, path }`.
 *
 * Standards: RFC 8620 §3.7, RFC 6901 (JSON pointer).
 * Limits: the weight of what all references of one request produce, since a reference may repeat a referenced value.
 */
import { invalidArguments, MethodError } from './error.ts'
import { isObject, member, weigh, type Json, type JsonObject } from './json.ts'

/** One element of `methodResponses`. */
export type MethodResponse = readonly [name: string, arguments: JsonObject, callId: string]

/** What references may still copy in this request; each resolution takes from it. */
export interface ReferenceBudget {
  remaining: number
}

/** Arguments with every `#name` replaced. Throws `invalidArguments` or `invalidResultReference`. */
export function resolveReferences(
  args: JsonObject,
  responses: readonly MethodResponse[],
  budget: ReferenceBudget,
): JsonObject {
  const names = Object.keys(args)
  if (!names.some((name) => name.startsWith('#'))) return args
  const resolved: JsonObject = {}
  for (const name of names) {
    if (!name.startsWith('#')) {
      setOwn(resolved, name, args[name] as Json)
      continue
    }
    const plain = name.slice(1)
    if (Object.hasOwn(args, plain)) throw invalidArguments(`Both ${plain} and #${plain} are given.`)
    const value = resolveReference(args[name] as Json, responses)
    budget.remaining -= weigh(value, budget.remaining)
    if (budget.remaining < 0) throw new MethodError('invalidResultReference', 'The references produce too much data.')
    setOwn(resolved, plain, value)
  }
  return resolved
}

function resolveReference(reference: Json, responses: readonly MethodResponse[]): Json {
  if (!isObject(reference)) throw unresolved('A result reference is not an object.')
  const resultOf = member(reference, 'resultOf')
  const name = member(reference, 'name')
  const path = member(reference, 'path')
  if (typeof resultOf !== 'string' || typeof name !== 'string' || typeof path !== 'string') {
    throw unresolved('A result reference needs the strings resultOf, name and path.')
  }
  const response = responses.find(([, , callId]) => callId === resultOf)
  if (response === undefined) throw unresolved(`No response has the call id ${JSON.stringify(resultOf)}.`)
  if (response[0] !== name) throw unresolved(`The response is ${response[0]}, not ${name}.`)
  const value = evaluatePointer(response[1], path)
  if (value === undefined) throw unresolved(`The path ${path} leads nowhere.`)
  return value
}

/** A JSON pointer with `*` mapping over an array, flattening once per `*` (RFC 8620 §3.7). */
export function evaluatePointer(root: Json, path: string): Json | undefined {
  if (path === '') return root
  if (!path.startsWith('/')) return undefined
  const tokens = path.slice(1).split('/')
  if (tokens.some((token) => /~(?![01])/.test(token))) return undefined
  return walk(
    root,
    tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')),
    0,
  )
}

function walk(value: Json, tokens: readonly string[], at: number): Json | undefined {
  const token = tokens[at]
  if (token === undefined) return value
  if (Array.isArray(value)) {
    if (token === '*') return walkAll(value, tokens, at + 1)
    if (!/^(0|[1-9][0-9]*)$/.test(token)) return undefined
    const item = value[Number(token)]
    return item === undefined ? undefined : walk(item, tokens, at + 1)
  }
  if (!isObject(value)) return undefined
  const next = member(value, token)
  return next === undefined ? undefined : walk(next, tokens, at + 1)
}

function walkAll(items: readonly Json[], tokens: readonly string[], at: number): Json | undefined {
  const output: Json[] = []
  for (const item of items) {
    const result = walk(item, tokens, at)
    if (result === undefined) return undefined
    if (Array.isArray(result)) for (const inner of result) output.push(inner)
    else output.push(result)
  }
  return output
}

/** Assignment that a member called `__proto__` cannot turn into something else. */
export function setOwn(target: JsonObject, name: string, value: Json): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
  } else target[name] = value
}

function unresolved(description: string): MethodError {
  return new MethodError('invalidResultReference', description)
}
