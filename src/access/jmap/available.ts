/**
 * Methods that say so when the blob store is out of reach: the client may try again.
 *
 * Standards: RFC 8620 §3.6.2 (serverUnavailable).
 */
import { StoreError } from '../../mailbox/index.ts'
import { MethodError, type Method } from '../../protocol/jmap/index.ts'

export function available(methods: ReadonlyMap<string, Method>): ReadonlyMap<string, Method> {
  return new Map(Array.from(methods, ([name, method]) => [name, guarded(method)]))
}

function guarded(method: Method): Method {
  return {
    ...method,
    async run(args, call) {
      try {
        return await method.run(args, call)
      } catch (error) {
        if (error instanceof StoreError && error.type === 'unavailable') {
          throw new MethodError('serverUnavailable', error.message)
        }
        throw error
      }
    },
  }
}
