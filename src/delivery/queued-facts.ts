/**
 * What rules may know of a message that waited: by which door it came is forgotten.
 */
import type { Header } from '../format/index.ts'
import type { DeliveryJob } from '../queue/index.ts'
import { authenticationOf, type MessageFacts } from '../routing/index.ts'
import { ourResults } from './our-results.ts'

export function queuedFacts({ envelope, raw }: DeliveryJob, header: Header, authservId: string): MessageFacts {
  const authentication = authenticationOf(ourResults(header, authservId))
  return { sender: envelope.reversePath, header, size: raw.length, authentication }
}
