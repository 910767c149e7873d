/**
 * A masked address as JMAP's MaskedEmail, and MaskedEmail/get.
 *
 * Standards: RFC 8620 §5.1; the object is that of https://www.fastmail.com/dev/maskedemail, which password managers know.
 */
import {
  formatUtcDate,
  getArguments,
  maskedEmailCapability,
  refuseTooMany,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { MaskedAddress } from '../../../routing/index.ts'
import { standardOf, type OwnContext } from '../context.ts'
import { checkProperties, type PropertyReaders, readRecord } from '../standard/get.ts'
import type { MasksPort } from './masks-port.ts'

/** Names have one full stop and no hyphen, ids no full stop (RFC 8620 §1.2). */
export function maskId({ localPart }: Pick<MaskedAddress, 'localPart'>): string {
  return localPart.replace('.', '-')
}

/** Properties of a masked address of this domain. */
export function maskProperties(domain: string): PropertyReaders<MaskedAddress> {
  return {
    id: maskId,
    email: ({ localPart }) => `${localPart}@${domain}`,
    state: ({ state }) => state,
    forDomain: ({ forDomain }) => forDomain,
    description: ({ description }) => description,
    lastMessageAt: ({ lastMessage }) => (lastMessage === undefined ? null : formatUtcDate(lastMessage)),
    createdAt: ({ created }) => formatUtcDate(created),
    createdBy: ({ createdBy }) => createdBy,
    url: ({ url }) => url,
  }
}

export function maskedEmailGet(context: OwnContext): Method {
  const port = masksPortOf(context)
  const properties = maskProperties(port.domain)
  return {
    capability: maskedEmailCapability,
    async run(values, call) {
      const { ids, unresolved, properties: asked } = getArguments(values, standardOf(context, call))
      const names = checkProperties(asked, properties)
      const { state, masks } = await port.list()
      const known = new Map(masks.map((mask) => [maskId(mask), mask]))
      if (ids === undefined) refuseTooMany(known.size, context.limits.maxObjectsInGet)
      const wanted = ids ?? [...known.keys()]
      const list = wanted.flatMap((id) => {
        const mask = known.get(id)
        return mask === undefined ? [] : [readRecord(mask, names, properties)]
      })
      const notFound = [...unresolved, ...wanted.filter((id) => !known.has(id))]
      return { arguments: { accountId: context.account.id, state: String(state), list, notFound } }
    },
  }
}

export function masksPortOf({ masks }: OwnContext): MasksPort {
  if (masks === undefined) throw new Error('there are no masked addresses here')
  return masks
}
