/**
 * The ports of sharing over Durable Object stubs: the directory of the account's domain, and other accounts.
 *
 * A stub belongs to the request that made it, so each call makes its own. What goes wrong is told to the log here, and is
 * "later" to the methods.
 */
import type { CopyOutcome, OwnersPort, PeoplePort, SharedAnswer, SharingPorts } from '../../../access/jmap/index.ts'
import { type Person, StoreError } from '../../../mailbox/index.ts'
import { canonicalDomain } from '../../../routing/index.ts'
import type { Env } from '../env.ts'
import { describe, type Log } from '../log.ts'
import { longText, streamOf, textOf } from './long-text.ts'

export interface SharingHost {
  readonly env: Pick<Env, 'ACCOUNT' | 'DOMAIN'>
  readonly account: () => Person
  readonly log: Log
}

export function sharingPorts(host: SharingHost): SharingPorts {
  return { people: peoplePort(host), owners: ownersPort(host) }
}

function peoplePort({ env, account, log }: SharingHost): PeoplePort {
  const domain = () => {
    const { address } = account()
    const name = canonicalDomain(address.slice(address.lastIndexOf('@') + 1))
    if (name === undefined) throw new Error(`${address} has no domain`)
    return env.DOMAIN.getByName(name)
  }
  const asking = <T>(work: () => Promise<T>) => reaching(work, 'the directory', log)
  return {
    people: (ids) =>
      asking(async () => {
        const { state, people } = await domain().people(ids === undefined ? undefined : [...ids])
        const listed = people.map(({ accountId, address, profile }) => ({
          id: accountId,
          address,
          name: profile.name ?? '',
          description: profile.description ?? null,
          timeZone: profile.timeZone ?? null,
        }))
        return { state, people: listed }
      }),
    changes: (since) => asking(async () => domain().peopleChanges(since)),
    setProfile: (patch) =>
      asking(async () => {
        const { id } = account()
        const [own] = (await domain().people([id])).people
        const merged = Object.entries({ ...own?.profile, ...patch }).filter(([, value]) => value !== null)
        const isListed = await domain().setProfile(id, Object.fromEntries(merged))
        if (!isListed) throw new StoreError('notFound', 'the account is not in the directory of its domain')
      }),
  }
}

function ownersPort({ env, log }: SharingHost): OwnersPort {
  const asking = <T>(owner: string, work: (stub: ReturnType<typeof env.ACCOUNT.getByName>) => Promise<T>) =>
    reaching(() => work(env.ACCOUNT.getByName(owner)), 'an account that shares mail', log)
  return {
    call: (owner, user, call) =>
      asking(owner, async (stub) => {
        const answer = await stub.sharedCall(user, longText(JSON.stringify(call)))
        return answer === null ? 'gone' : (JSON.parse(await textOf(answer)) as SharedAnswer)
      }),
    upload: (owner, user, bytes, type) =>
      asking(owner, async (stub) => expectThere(await stub.sharedUpload(user, type, streamOf(bytes)))),
    blob: (owner, user, blobId) => asking(owner, async (stub) => (await stub.sharedBlob(user, blobId)) ?? undefined),
    octets: (owner, user, blobId, start, end) =>
      asking(owner, async (stub) => (await stub.sharedOctets(user, blobId, start, end)) ?? undefined),
    add: (owner, user, email, raw) =>
      asking(owner, async (stub) => {
        const outcome = expectThere(await stub.sharedAdd(user, JSON.stringify(email), streamOf(raw)))
        return JSON.parse(outcome) as CopyOutcome
      }),
  }
}

function expectThere<T>(answer: T | null): T {
  if (answer === null) throw new StoreError('unavailable', 'the account is gone')
  return answer
}

/** What goes wrong on the way is told to the log, and is StoreError `unavailable` to whoever asks. */
export async function reaching<T>(work: () => Promise<T>, what: string, log: Log): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreError) throw error
    log('error', `${what} does not answer`, { error: describe(error) })
    throw new StoreError('unavailable', `${what} cannot be reached now`)
  }
}
