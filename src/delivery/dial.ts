/**
 * One request to the dialer, its answer as outcomes.
 */
import type { DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import type { Dialer, EgressRequest } from './dialer.ts'

/** The same outcome for every recipient of a job: what failed before anyone was asked. */
export function uniform(job: DeliveryJob, outcome: Omit<RecipientOutcome, 'recipient'>): RecipientOutcome[] {
  return job.envelope.recipients.map(({ address }) => ({ recipient: address, ...outcome }))
}

/** Sends the job and completes the outcomes with the host and the TLS facts of the connection. */
export async function dial(
  dialer: Dialer,
  request: Omit<EgressRequest, 'envelope'>,
  job: DeliveryJob,
  clock: () => number,
  signal?: AbortSignal,
): Promise<RecipientOutcome[]> {
  try {
    const result = await dialer.send({ ...request, envelope: job.envelope }, job.raw, signal)
    return result.recipients.map((outcome) => ({
      ...(result.remote === undefined ? {} : { remoteMta: result.remote }),
      ...(result.tls === undefined ? {} : { tls: result.tls }),
      ...outcome,
    }))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const diagnostic = `Our own gateway to other mail servers cannot be used now: ${reason}`
    return uniform(job, { status: 'deferred', enhanced: '4.4.1', diagnostic, at: clock() })
  }
}
