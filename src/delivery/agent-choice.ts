/**
 * Which agent a queue's mail goes to: mailboxes for domains that are hosted here, the relay for all others. Asked for each
 * job, since a domain may move in or out while its mail waits.
 */
import type { DeliveryAgent, RecipientOutcome } from '../queue/index.ts'
import type { Directory } from '../routing/index.ts'

export interface AgentChoices {
  directory: Directory
  mailbox: DeliveryAgent
  /** MX delivery or a smarthost. */
  relay: DeliveryAgent
  /** Milliseconds since the epoch. */
  clock: () => number
}

export function chooseAgent(choices: AgentChoices): DeliveryAgent {
  return {
    async deliver(job, signal) {
      // A rule of a domain that is hosted here has said that this mail is elsewhere.
      if (job.envelope.ways !== undefined) return choices.relay.deliver(job, signal)
      let hosted: boolean
      try {
        hosted = (await choices.directory.lookup(job.domain, 'postmaster')).kind !== 'foreign'
      } catch {
        const at = choices.clock()
        const diagnostic = 'The address book cannot be read now'
        return job.envelope.recipients.map(({ address }): RecipientOutcome => ({
          recipient: address,
          status: 'deferred',
          enhanced: '4.3.0',
          diagnostic,
          at,
        }))
      }
      return (hosted ? choices.mailbox : choices.relay).deliver(job, signal)
    },
  }
}
