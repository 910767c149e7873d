/**
 * Thread/get and Thread/changes.
 *
 * Standards: RFC 8621 §3.
 */
import { formatEmailId, formatThreadId, parseThreadId, type ThreadId } from '../../mailbox/index.ts'
import { MethodError, mailCapability, type Method } from '../../protocol/jmap/index.ts'
import type { JmapContext } from './context.ts'
import { changesMethod } from './standard/changes.ts'
import { getMethod } from './standard/get.ts'

interface Thread {
  readonly id: string
  readonly emailIds: string[]
}

export function threadGet(context: JmapContext): Method {
  return getMethod<Thread>(context, {
    capability: mailCapability,
    properties: { id: (thread) => thread.id, emailIds: (thread) => thread.emailIds },
    findMany(ids) {
      const numbers = ids.map(parseThreadId).filter((number) => number !== undefined)
      const threads = new Map<string, Thread>()
      for (const [number, emailIds] of context.store.threads(numbers)) {
        const id = formatThreadId(number)
        threads.set(id, { id, emailIds: emailIds.map(formatEmailId) })
      }
      return threads
    },
    all() {
      // RFC 8620 §5.1: a type with too many records may refuse `ids: null`.
      throw new MethodError('requestTooLarge', 'Threads are fetched by id.')
    },
  })
}

export function threadChanges(context: JmapContext): Method {
  return changesMethod(context, {
    capability: mailCapability,
    type: 'Thread',
    formatId: (id) => formatThreadId(id as ThreadId),
  })
}
