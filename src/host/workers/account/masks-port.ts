/**
 * The masked addresses of an account over the object of its domain.
 */
import type { MasksPort } from '../../../access/jmap/index.ts'
import { StoreError } from '../../../mailbox/index.ts'
import { canonicalDomain } from '../../../routing/index.ts'
import { forgetDirectory } from '../directory-client.ts'
import type { Env } from '../env.ts'
import type { Log } from '../log.ts'
import { reaching } from './sharing-ports.ts'

export interface MasksHost {
  readonly env: Pick<Env, 'DOMAIN'>
  readonly account: { readonly id: string; readonly address: string }
  readonly log: Log
}

/** A stub belongs to the request that made it, so each call makes its own. */
export function masksPort({ env, account: { id, address }, log }: MasksHost): MasksPort {
  const domain = canonicalDomain(address.slice(address.lastIndexOf('@') + 1))
  if (domain === undefined) throw new Error(`${address} has no domain`)
  const asking = <T>(work: (stub: ReturnType<typeof env.DOMAIN.getByName>) => Promise<T>) =>
    reaching(() => work(env.DOMAIN.getByName(domain)), 'the domain', log)
  /** Takes effect here at once. */
  const changing = async <T>(work: (stub: ReturnType<typeof env.DOMAIN.getByName>) => Promise<T>) => {
    try {
      return await asking(work)
    } finally {
      forgetDirectory()
    }
  }
  return {
    domain,
    list: () => asking(async (stub) => stub.masks(id)),
    make: async (mask) => {
      const made = await changing(async (stub) => stub.makeMask(id, mask))
      if (made === null) throw new StoreError('notFound', 'the account is not in the directory of its domain')
      return made
    },
    update: (mask) => changing(async (stub) => stub.updateMask(id, mask)),
    remove: (localPart) => changing(async (stub) => stub.removeMask(id, localPart)),
  }
}
