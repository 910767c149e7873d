/**
 * One act of the HTTP API: declared once, with schemas, from which requests are checked and the description is made.
 */
import type * as z from 'zod/mini'
import type { Scope } from '../../../access/api/index.ts'
import type { Caller } from './caller.ts'

export type Method = 'get' | 'post' | 'put' | 'delete'
type Schema = z.ZodMiniType
type ObjectSchema = z.ZodMiniType<Record<string, unknown>>

/** `address` and `domain` of `/domains/{domain}/x/{address}`. */
type ParameterNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterNames<Rest>
  : never

/** What is answered may be frozen. */
export type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value

export interface Call<Path extends string, Query, Body> {
  readonly path: Readonly<Record<ParameterNames<Path>, string>>
  readonly query: Query
  readonly body: Body
  /** A body of another media type (`otherBodies`); then there is no `body`. */
  readonly raw: Uint8Array | undefined
  readonly caller: Caller
  readonly request: Request
}

/** What an endpoint answers when there is more to say than a value. */
export class Answer<Value> {
  readonly value: Value
  readonly headers: Readonly<Record<string, string>>
  readonly status: number | undefined
  /** Of a change, for the audit log. */
  readonly recorded: Readonly<Record<string, unknown>> | undefined

  constructor(
    value: Value,
    headers: Readonly<Record<string, string>> = {},
    status?: number,
    recorded?: Readonly<Record<string, unknown>>,
  ) {
    this.value = value
    this.headers = headers
    this.status = status
    this.recorded = recorded
  }
}

interface Declaration<Path extends string, Query extends ObjectSchema, Body extends Schema, Result extends Schema> {
  readonly method: Method
  /** With `{name}` for what varies. */
  readonly path: Path
  /** One sentence, without a full stop. */
  readonly summary: string
  /** Under which heading it is described. */
  readonly tag: string
  readonly scope: Scope
  /**
   * What a token for a part of the house may do here: what is in the address or domain of its path (`path`), as far as the
   * work itself looks (`work`), or nothing (`house`).
   */
  readonly reach: 'path' | 'work' | 'house'
  readonly query?: Query
  readonly body?: Body
  /** An empty body stands for `{}`. */
  readonly bodyMayBeEmpty?: boolean
  /** Octets; 64 KB where it is not said. */
  readonly mostBody?: number
  /** The same of a body of another media type. */
  readonly mostRaw?: number
  /** Status of success; 204 has no `result`. */
  readonly status?: 200 | 201 | 202 | 204
  readonly result?: Result
  /** Of the answer; JSON where it is not said. */
  readonly resultType?: string
  /** Header fields of the request that mean something here. */
  readonly headers?: Readonly<Record<string, string>>
  /** Other media types that the body may have, and what they mean. */
  readonly otherBodies?: Readonly<Record<string, string>>
  /** A page of a list: the next one is in the Link header. */
  readonly isPaged?: boolean
  /** Not written into the audit log, though it is no GET: it changes nothing. */
  readonly isUnaudited?: boolean
  /** Members of the request that the audit log never has: what people say to each other. */
  readonly unrecorded?: readonly string[]
}

/** An endpoint with its types forgotten, as the router has it. */
export interface Endpoint extends Declaration<string, ObjectSchema, Schema, Schema> {
  work(call: Call<string, never, never>): Promise<unknown>
}

export function endpoint<
  const Path extends string,
  Query extends ObjectSchema = ObjectSchema,
  Body extends Schema = z.ZodMiniUndefined,
  Result extends Schema = z.ZodMiniVoid,
>(
  declaration: Declaration<Path, Query, Body, Result>,
  work: (
    call: Call<Path, z.output<Query>, z.output<Body>>,
  ) => Promise<Frozen<z.output<Result>> | Answer<Frozen<z.output<Result>>> | Response>,
): Endpoint {
  return { ...declaration, work }
}
