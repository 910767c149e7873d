import { MethodError, type MethodResult } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'

type Implied = NonNullable<MethodResult['implied']>[number]

/**
 * A call made on behalf of another, such as Email/set after EmailSubmission/set (RFC 8620 §3.2, §5.4). What goes wrong in it is
 * its own answer: what the other has done stays done, and the client must hear of that.
 */
export function impliedCall(context: Pick<JmapContext, 'onFault'>, name: string, run: () => MethodResult): Implied {
  try {
    return { name, arguments: run().arguments }
  } catch (error) {
    return impliedError(context, name, error)
  }
}

/** The answer of an implied call that threw. */
export function impliedError(context: Pick<JmapContext, 'onFault'>, name: string, error: unknown): Implied {
  if (error instanceof MethodError) return { name: 'error', arguments: error.toJSON() }
  context.onFault(name, error)
  return { name: 'error', arguments: new MethodError('serverFail', 'An unexpected error occurred.').toJSON() }
}
