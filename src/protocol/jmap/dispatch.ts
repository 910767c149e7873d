/**
 * Runs the method calls of a request in order and gathers the Response object.
 *
 * Standards: RFC 8620 §3.4 (Response), §3.6.2 (method-level errors), §3.7 (references), §5.3 (creation ids).
 */
import { MethodError } from './error.ts'
import type { JsonObject } from './json.ts'
import { resolveReferences, type MethodResponse } from './reference.ts'
import type { JmapRequest } from './request.ts'

/** Creation id → id of every record made so far in one request; one map for all types (RFC 8620 §5.3). */
export type CreatedIds = Map<string, string>

/** What a method sees of the request it is part of. */
export interface CallContext {
  readonly createdIds: CreatedIds
  readonly using: ReadonlySet<string>
  /** Which of the account's credentials the request came with; push subscriptions belong to them (RFC 8620 §7.2). */
  readonly credential?: number | undefined
}

/** The response's arguments; `implied` are calls the server made on behalf of this one (RFC 8621 §7.5). */
export interface MethodResult {
  readonly arguments: JsonObject
  readonly implied?: readonly { readonly name: string; readonly arguments: JsonObject }[]
}

export interface Method {
  /** The capability a request must list in `using` for this method to exist. */
  readonly capability: string
  /** Throws MethodError for what the client did wrong; anything else is a bug and becomes `serverFail`. */
  run(args: JsonObject, call: CallContext): MethodResult | Promise<MethodResult>
}

/**
 * Runs a call in another account than the one whose methods these are: its result, or undefined for a call that is not
 * about another account. Throws as `Method.run` does. `args` have no result references any more.
 */
export type DispatchElsewhere = (name: string, args: JsonObject, call: CallContext) => Promise<MethodResult> | undefined

export interface DispatchOptions {
  readonly methods: ReadonlyMap<string, Method>
  readonly elsewhere?: DispatchElsewhere | undefined
  readonly credential?: number | undefined
  /** Characters and nodes that all result references of a request may produce together. */
  readonly maxReferenceWeight: number
  /** Told about bugs before the client hears `serverFail`. */
  readonly onFault: (method: string, cause: unknown) => void
}

export interface DispatchResult {
  readonly methodResponses: readonly MethodResponse[]
  readonly createdIds?: JsonObject
}

export async function dispatch(request: JmapRequest, options: DispatchOptions): Promise<DispatchResult> {
  const responses: MethodResponse[] = []
  const createdIds: CreatedIds = new Map(request.createdIds)
  const context: CallContext = { createdIds, using: request.using, credential: options.credential }
  const budget = { remaining: options.maxReferenceWeight }
  for (const { name, arguments: args, callId } of request.calls) {
    try {
      const method = options.methods.get(name)
      if (method === undefined || !request.using.has(method.capability)) throw new MethodError('unknownMethod')
      const resolved = resolveReferences(args, responses, budget)
      const result = await (options.elsewhere?.(name, resolved, context) ?? method.run(resolved, context))
      responses.push([name, result.arguments, callId])
      for (const implied of result.implied ?? []) responses.push([implied.name, implied.arguments, callId])
    } catch (error) {
      responses.push(['error', asMethodError(error, name, options).toJSON(), callId])
    }
  }
  return {
    methodResponses: responses,
    ...(request.createdIds === undefined ? {} : { createdIds: Object.fromEntries(createdIds) }),
  }
}

function asMethodError(error: unknown, method: string, options: DispatchOptions): MethodError {
  if (error instanceof MethodError) return error
  options.onFault(method, error)
  return new MethodError('serverFail', 'An unexpected error occurred.')
}
