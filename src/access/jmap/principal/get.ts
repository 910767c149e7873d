/**
 * Principal/get and Principal/changes.
 *
 * Standards: RFC 9670 §2, §2.1, §2.2.
 */
import {
  changesArguments,
  getArguments,
  MethodError,
  principalsCapability,
  refuseTooMany,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type OwnContext } from '../context.ts'
import { checkProperties, readRecord, type PropertyReaders } from '../standard/get.ts'
import { principalChanges, Principals, type Principal } from './principals.ts'

const properties: PropertyReaders<Principal> = {
  id: ({ id }) => id,
  type: () => 'individual',
  name: ({ name, address }) => (name === '' ? address : name),
  description: ({ description }) => description,
  email: ({ address }) => address,
  timeZone: ({ timeZone }) => timeZone,
  capabilities: () => ({}),
  accounts: ({ accounts }) => accounts,
}

export function principalGet(context: OwnContext): Method {
  return {
    capability: principalsCapability,
    async run(values, call) {
      const { ids, unresolved, properties: asked } = getArguments(values, standardOf(context, call))
      const names = checkProperties(asked, properties)
      const principals = await Principals.open(context, ids)
      const found: Principal[] = []
      const notFound = [...unresolved]
      if (ids === undefined) {
        found.push(...principals.all())
        refuseTooMany(found.length, context.limits.maxObjectsInGet)
      }
      for (const id of ids ?? []) {
        const principal = principals.get(id)
        if (principal === undefined) notFound.push(id)
        else found.push(principal)
      }
      const list = found.map((principal) => readRecord(principal, names, properties))
      return { arguments: { accountId: context.account.id, state: principals.state, list, notFound } }
    },
  }
}

export function principalChangesMethod(context: OwnContext): Method {
  return {
    capability: principalsCapability,
    async run(values, call) {
      const { sinceState, maxChanges } = changesArguments(values, standardOf(context, call))
      const { changes, state } = await principalChanges(context, sinceState)
      const { created, updated, destroyed } = changes
      // There is no state in between to stop at.
      if (created.size + updated.size + destroyed.size > (maxChanges ?? Infinity)) {
        throw new MethodError('cannotCalculateChanges')
      }
      return {
        arguments: {
          accountId: context.account.id,
          oldState: sinceState,
          newState: state,
          hasMoreChanges: false,
          created: [...created],
          updated: [...updated],
          destroyed: [...destroyed],
        },
      }
    },
  }
}
