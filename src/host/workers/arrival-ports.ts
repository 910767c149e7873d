/**
 * What arrival needs, over Durable Object stubs.
 *
 * Made anew for each request, link and object: grouping and I/O belong to one of them and may not cross to another.
 */
import type { ArrivalPorts } from '../../arrival/index.ts'
import type { MailboxDelivery, MailboxOutcome } from '../../delivery/index.ts'
import { announcer } from './announcer.ts'
import { isGone } from './account/local-delivery.ts'
import { DirectoryClient, forgetDirectory } from './directory-client.ts'
import { dmarcBuffer } from './dmarc-buffer.ts'
import type { Env } from './env.ts'
import { groupedMailboxes, groupedQueues, groupedSending } from './grouped-calls.ts'
import { describe, log } from './log.ts'
import { queueNames, shardOf } from '../../queue/index.ts'
import { domainOfReports } from '../../routing/index.ts'
import { isListId, randomText } from './random.ts'
import { returnPaths } from './return-paths.ts'
import { reportKeeper } from './report-keeper.ts'
import { scanner } from './scanner.ts'
import { greylisting } from './screening.ts'
import { settingsOf } from './settings.ts'
import { signer } from './signer.ts'
import { verifier } from './verifier.ts'
import { traceBuffer } from './trace-buffer.ts'

/** How an account's object is reached; an object that delivers to itself must not call itself. */
export type AccountCall = (accountId: string, batch: MailboxDelivery[]) => Promise<MailboxOutcome[]>

/** `hold` keeps a request alive for what is done after its answer; objects and links live on by themselves. */
export function arrivalPorts(
  env: Env,
  call: AccountCall = remoteCall(env),
  hold?: (work: Promise<void>) => void,
): ArrivalPorts {
  const { hostname, defaultDomain, queuePlaces, rewritesSenders } = settingsOf(env)
  const mailbox = groupedMailboxes(async (accountId, batch) => {
    const outcomes = await call(accountId, batch)
    // The address leads elsewhere by now, or nowhere: the sender's next try must not meet the same memory.
    if (outcomes.some(isGone)) forgetDirectory()
    return outcomes
  }, log)
  const enqueue = groupedQueues((name, batch) => env.QUEUE.getByName(name).enqueue(batch), log)
  const queue: ArrivalPorts['queue'] = (domain) => {
    const names = queueNames(domain, queuePlaces)
    return {
      async enqueue(entry) {
        const place = names.length === 1 ? 0 : shardOf(entry.envelope.transactionId ?? randomText(12), names.length)
        return enqueue(names[place] as string, entry)
      },
    }
  }
  const hand = signer(env)
  return {
    hostname,
    ...(defaultDomain === undefined ? {} : { postmasterDomain: defaultDomain }),
    ...(rewritesSenders ? rewriting(env) : { directory: new DirectoryClient(env) }),
    mailbox,
    queue,
    signer: hand,
    sealer: hand,
    verifier: verifier(env),
    sending: groupedSending((accountId, batch) => env.ACCOUNT.getByName(accountId).checkSending(batch)),
    ...scanner(env),
    ...greylisting(env),
    clock: Date.now,
    announcer: announcer({ queue }),
    trace: traceBuffer(env, hold),
    ...dmarcBuffer(env, hold),
    onReport: reportKeeper(env, hold),
    ids: () => randomText(24),
    log: ({ transactionId, cause }) => log('error', 'arrival failed', { transactionId, error: describe(cause) }),
  }
}

function rewriting(env: Env): Pick<ArrivalPorts, 'directory' | 'returnPath'> {
  const paths = returnPaths(env)
  return { directory: paths.directory, returnPath: (reversePath, alias) => paths.onward(reversePath, alias) }
}

export function remoteCall(env: Env): AccountCall {
  return async (accountId, batch) => {
    const reported = domainOfReports(accountId)
    if (reported !== undefined) return env.REPORT.getByName(reported).deliver(batch)
    if (isListId(accountId)) return env.LIST.getByName(accountId).deliver(batch)
    return env.ACCOUNT.getByName(accountId).deliver(batch)
  }
}
