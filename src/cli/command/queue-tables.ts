/**
 * Waiting mail as people read it.
 */
import { table } from '../table.ts'

export interface QueueCounts {
  readonly domain: string
  readonly waiting: number
  readonly held: number
  readonly frozen: number
  readonly kept: number
  /** Milliseconds since the epoch. */
  readonly oldest?: number
}

export interface Waiting {
  readonly id: string
  readonly domain: string
  readonly reversePath: string
  readonly recipients: readonly { readonly address: string; readonly diagnostic?: string }[]
  readonly nextAttempt?: number
  readonly keptUntil?: number
  readonly status?: string
}

export function showQueues(queues: readonly QueueCounts[]): string {
  if (queues.length === 0) return 'Nothing waits.'
  return table(
    queues.map(({ domain, waiting, held, frozen, kept, oldest }) => [
      domain,
      `${waiting} waiting`,
      held === 0 ? '' : `${held} held`,
      frozen === 0 ? '' : `${frozen} frozen`,
      kept === 0 ? '' : `${kept} kept`,
      oldest === undefined ? '' : `since ${new Date(oldest).toISOString()}`,
    ]),
  )
}

/** `named`: of several destinations, so each line says its own. */
export function showWaiting(entries: readonly Waiting[], named: boolean): string {
  if (entries.length === 0) return 'Nothing waits.'
  return table(entries.map((entry) => (named ? [entry.domain, ...row(entry)] : row(entry))))
}

function row({ id, reversePath, recipients, nextAttempt, keptUntil, status }: Waiting): string[] {
  const next = nextAttempt === undefined ? (status ?? '') : new Date(nextAttempt).toISOString()
  const when =
    status === 'held' ? status : keptUntil === undefined ? next : `kept until ${new Date(keptUntil).toISOString()}`
  const addresses = recipients.map(({ address }) => address).join(', ')
  const reason = recipients.find(({ diagnostic }) => diagnostic !== undefined)?.diagnostic ?? ''
  return [id, `<${reversePath}>`, addresses, when, reason]
}
