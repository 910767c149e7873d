/**
 * PushSubscription/get: without account and state, and only for the credentials that made a subscription.
 *
 * Standards: RFC 8620 §7.2.1.
 */
import type { PushSubscription } from '../../../mailbox/index.ts'
import {
  Arguments,
  coreCapability,
  formatUtcDate,
  idArguments,
  invalidArguments,
  MethodError,
  type CallContext,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type OwnContext } from '../context.ts'
import { readRecord, type PropertyReaders } from '../standard/get.ts'

/** Never given out: they are secrets of one device. */
const secrets = ['url', 'keys']

export const subscriptionProperties: PropertyReaders<PushSubscription> = {
  id: (subscription) => subscription.id,
  deviceClientId: (subscription) => subscription.deviceClientId,
  // What the client sent, so that it sees whether it did.
  verificationCode: ({ progress, verificationCode }) => (progress === 'verified' ? verificationCode : null),
  expires: (subscription) => formatUtcDate(subscription.expiresAt),
  types: (subscription) => (subscription.types === null ? null : [...subscription.types]),
}

export function pushSubscriptionGet(context: OwnContext): Method {
  return {
    capability: coreCapability,
    run(values, call) {
      const args = new Arguments(values, ['ids', 'properties'])
      const { ids, unresolved, properties } = idArguments(args, standardOf(context, call))
      const names = propertyNames(properties)
      const own = ownSubscriptions(context, call)
      const list: JsonObject[] = []
      const notFound = [...unresolved]
      for (const id of ids ?? own.map((each) => each.id)) {
        const subscription = own.find((each) => each.id === id)
        if (subscription === undefined) notFound.push(id)
        else list.push(readRecord(subscription, names, subscriptionProperties))
      }
      return { arguments: { list, notFound } }
    },
  }
}

/** Those of the request's credentials that have not expired. */
export function ownSubscriptions(context: OwnContext, call: CallContext): readonly PushSubscription[] {
  const now = context.clock()
  const all = context.store.pushSubscriptions.all()
  return all.filter((each) => each.credentialId === call.credential && each.expiresAt > now)
}

function propertyNames(asked: readonly string[] | undefined): readonly string[] {
  if (asked === undefined) return Object.keys(subscriptionProperties)
  for (const name of asked) {
    if (secrets.includes(name)) throw new MethodError('forbidden', `"${name}" is never returned.`)
    if (!Object.hasOwn(subscriptionProperties, name)) {
      throw invalidArguments(`Unknown property ${JSON.stringify(name)}.`)
    }
  }
  return [...new Set(['id', ...asked])]
}
