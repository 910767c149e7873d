/**
 * The agent for hosted domains: routes again, since addresses may have changed while the message waited, and delivers.
 *
 * Standards: RFC 5321 §4.4, RFC 3461 §5.2.3 (local delivery), §5.2.7 (aliases).
 */
import { parseHeader } from '../format/index.ts'
import type { Recipient, Reply } from '../protocol/smtp/index.ts'
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import { route } from '../routing/index.ts'
import { distribute, type Place } from './distribute.ts'
import { junkReason } from './junk-reason.ts'
import { deadTarget, type Leftover, leaveToQueue, placeLeft } from './leftover.ts'
import { queuedFacts } from './queued-facts.ts'
import type { DeliveryPorts } from './ports.ts'

export class MailboxAgent implements DeliveryAgent {
  readonly #ports: DeliveryPorts
  readonly #hostname: string
  readonly #authservId: string

  /** `hostname` is named in reports as the host that answered, `authservId` is our name in Authentication-Results. */
  constructor(ports: DeliveryPorts, hostname: string, authservId = hostname) {
    this.#ports = ports
    this.#hostname = hostname
    this.#authservId = authservId
  }

  async deliver(job: DeliveryJob): Promise<RecipientOutcome[]> {
    const { header } = parseHeader(job.raw)
    const question = { message: queuedFacts(job, header, this.#authservId), final: true }
    const plan = await route(job.envelope.recipients, this.#ports.directory, undefined, question)
    const dead = plan.dead.filter(({ copy }) => copy !== true)
    const known = { header, junk: junkReason(header, this.#authservId) }
    const { places, expanded, putOff } = await distribute(job.envelope, job.raw, plan, this.#ports, known)
    const outcomes: RecipientOutcome[] = plan.refused.map(({ recipient, reply }) => this.#refusal(recipient, reply))
    const refused = new Set(plan.refused.map(({ recipient }) => recipient))
    for (const recipient of job.envelope.recipients) {
      if (refused.has(recipient)) continue
      if (putOff !== undefined) {
        outcomes.push({ ...this.#outcome(recipient, 'deferred'), reply: putOff })
        continue
      }
      const mine = places.filter(({ recipients }) => recipients.includes(recipient))
      const [first] = mine.filter(({ destination }) => destination.copy !== true)
      if (expanded.has(recipient)) outcomes.push(await this.#expansion(job, recipient, mine, dead))
      else if (
        mine.some(({ destination }) => destination.copy === true) ||
        // Another part of it a rule has dropped.
        dead.some((target) => target.recipient === recipient)
      ) {
        const expansion = await this.#expansion(job, recipient, mine, dead)
        const success = first === undefined ? { success: 'passed' as const } : successOf(first)
        outcomes.push({ ...expansion, ...(expansion.status === 'delivered' && success) })
      } else if (first !== undefined) outcomes.push(this.#single(recipient, first, expanded))
      // A rule drops it: that is no delivery to tell of.
      else outcomes.push({ ...this.#outcome(recipient, 'delivered'), success: 'passed' })
    }
    return outcomes
  }

  #single(recipient: Recipient, place: Place, expanded: ReadonlySet<Recipient>): RecipientOutcome {
    const first = place.recipients[0] as Recipient
    // The alias that came first looks after the place they share.
    if (first !== recipient && expanded.has(first))
      return { ...this.#outcome(recipient, 'delivered'), success: 'passed', isOnward: true }
    const outcome = this.#outcome(recipient, place.status === 'queued' ? 'delivered' : place.status)
    if (place.reply !== undefined) outcome.reply = place.reply
    return outcome.status === 'delivered' ? { ...outcome, ...successOf(place) } : outcome
  }

  /**
   * An alias of several addresses is done when every part of it is somewhere: what failed becomes an entry of its own, so
   * that the parts that succeeded are never delivered twice.
   */
  async #expansion(
    job: DeliveryJob,
    recipient: Recipient,
    places: readonly Place[],
    dead: readonly { recipient: Recipient; address: string; via: string[]; reply: Reply }[],
  ): Promise<RecipientOutcome> {
    const leftovers: Leftover[] = []
    for (const place of places) {
      const { status, recipients } = place
      // A place that serves several recipients is left over once.
      if ((status !== 'deferred' && status !== 'bounced') || recipients[0] !== recipient) continue
      leftovers.push(placeLeft(place, status))
    }
    leftovers.push(...dead.filter((target) => target.recipient === recipient).map(deadTarget))
    if (leftovers.length === places.length && leftovers.every(({ status }) => status === 'deferred')) {
      const outcome = this.#outcome(recipient, 'deferred')
      const reply = leftovers[0]?.reply
      return reply === undefined ? outcome : { ...outcome, reply }
    }
    try {
      await leaveToQueue(leftovers, job, this.#ports, this.#hostname)
    } catch {
      // Better delivered twice to some than not at all to others.
      return {
        ...this.#outcome(recipient, 'deferred'),
        enhanced: '4.3.0',
        diagnostic: 'A queue refused a part of an alias',
      }
    }
    // Of what a rule copies, or tells a program of, nobody waits to hear.
    const isOnward =
      places.some(({ status, destination }) => status !== 'delivered' && destination.copy !== true) ||
      dead.some((target) => target.recipient === recipient)
    return { ...this.#outcome(recipient, 'delivered'), success: 'expanded', ...(isOnward ? { isOnward } : {}) }
  }

  #refusal(recipient: Recipient, reply: Reply): RecipientOutcome {
    return { ...this.#outcome(recipient, reply.code < 500 ? 'deferred' : 'bounced'), reply }
  }

  #outcome(recipient: Recipient, status: RecipientOutcome['status']): RecipientOutcome {
    return { recipient: recipient.address, status, remoteMta: this.#hostname, at: this.#ports.clock() }
  }
}

/** What a place that has the message says of a delivery. */
function successOf({ status }: Place): Pick<RecipientOutcome, 'success' | 'isOnward'> {
  return status === 'delivered' ? { success: 'final' } : { success: 'passed', isOnward: true }
}
