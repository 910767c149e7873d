/**
 * Faults that the rooms do not have, put into them to see that the simulation finds them.
 *
 * A text that is not in its file any more fails: then the mutation has to follow the code, or has no place there now.
 */
export interface Mutation {
  name: string
  /** In `src`. */
  file: string
  text: string
  instead: string
}

export const mutations: readonly Mutation[] = [
  {
    name: 'an entry is deleted before its report is durable',
    file: 'queue/attempt.ts',
    text: 'reply = await this.#ports.report(told.raw, told.envelope)',
    instead: 'this.#spool.remove(entry); reply = await this.#ports.report(told.raw, told.envelope)',
  },
  {
    name: 'what a crash interrupted is forgotten',
    file: 'queue/dispatcher.ts',
    text: 'const claims = new Map(',
    instead: 'return; const claims = new Map(',
  },
  {
    name: 'the alarm is not set',
    file: 'host/workers/queue-object.ts',
    text: 'async #setAlarm(at: number): Promise<void> {',
    instead: 'async #setAlarm(at: number): Promise<void> { return',
  },
  {
    name: 'an object that destinations share forgets them when it ends',
    file: 'host/workers/destinations.ts',
    text: 'for (const left of this.#store.domains())',
    instead: 'for (const left of [] as string[])',
  },
  {
    name: 'one of the groups that are left over is dropped',
    file: 'delivery/leftover.ts',
    text: 'for (const group of groups.values()) {',
    instead: 'for (const group of [...groups.values()].slice(1)) {',
  },
  {
    name: 'a queue that refuses a leftover is not heard',
    file: 'arrival/accept.ts',
    text: 'await leaveToQueue(leftovers, message, ports, ports.hostname)',
    instead: 'await leaveToQueue(leftovers, message, ports, ports.hostname).catch(() => undefined)',
  },
  {
    name: 'a connection that is lost after the dot counts as a delivery',
    file: 'protocol/smtp/client/outcome.ts',
    text: "{ recipient, status: 'deferred', enhanced, diagnostic }",
    instead: "{ recipient, status: 'delivered', enhanced, diagnostic }",
  },
  {
    name: 'a bounce owes nobody a report',
    file: 'queue/verdict.ts',
    text: "return owing({ ...recipient, state: 'bounced', attempts, last }, 'failed')",
    instead: "return { ...recipient, state: 'bounced', attempts, last }",
  },
  {
    name: 'the next server gets what the first has taken',
    file: 'host/bridge/common/egress-delivery.ts',
    text: "outcome === undefined || outcome.status === 'deferred' ? [index] : [],",
    instead: "outcome === undefined || outcome.status !== 'bounced' ? [index] : [],",
  },
  {
    name: 'an alias does not see that a message has passed it',
    file: 'delivery/distribute.ts',
    text: 'const looped = loops(destination, visited)',
    instead: 'const looped = false',
  },
  {
    name: 'a mailbox that cannot take it now counts as one that has',
    file: 'delivery/mailbox-agent.ts',
    text: "this.#outcome(recipient, place.status === 'queued' ? 'delivered' : place.status)",
    instead: "this.#outcome(recipient, 'delivered')",
  },
  {
    name: 'a rule forgets all but the first of its addresses',
    file: 'routing/found.ts',
    text: 'fate.targets.map((target) => redirected(marked, at, target))',
    instead: 'fate.targets.slice(0, 1).map((target) => redirected(marked, at, target))',
  },
  {
    name: 'who has the message gets it again by the next way',
    file: 'delivery/agents-in-turn.ts',
    text: 'isOpen(results.get(address)?.at(-1)))',
    instead: 'isOpen(undefined))',
  },
  {
    name: 'a list forgets the members who could not be reached',
    file: 'lists/mailing-list.ts',
    text: 'else if (code < 500) late.push(member.id)',
    instead: 'else if (code < 500) sent++',
  },
  {
    name: 'a list begins again where its disk was full',
    file: 'lists/mailing-list.ts',
    text: 'this.#unwritten.set(id, progress)',
    instead: '',
  },
  {
    name: 'a list takes the same post twice',
    file: 'lists/mailing-list.ts',
    text: 'if (origin !== undefined && this.#store.hasPost(origin)) {',
    instead: 'if (false) {',
  },
  {
    name: 'a list lets nobody go',
    file: 'lists/mailing-list.ts',
    text: 'this.#store.remove(member.id)',
    instead: '',
  },
  {
    name: 'what comes back to a list is counted against nobody',
    file: 'lists/mailing-list.ts',
    text: "if (bounce.kind === 'failed') this.#bounced(list, member, bounce.cause)",
    instead: '',
  },
  {
    name: 'a list forgets its posts when it ends',
    file: 'host/workers/list-object.ts',
    text: 'if (next !== undefined) this.#alarm.wakeAt(next)',
    instead: '',
  },
  {
    name: 'what a rule sends on does not say where it has been',
    file: 'delivery/distribute.ts',
    text: 'raw: throughAliases(own, destination.via),',
    instead: 'raw: own,',
  },
  {
    name: 'a rule that copies sends it there instead',
    file: 'routing/found.ts',
    text: 'return [...this.follow(marked, at, answer), ...more]',
    instead: 'return more.length > 0 ? more : this.follow(marked, at, answer)',
  },
  {
    name: 'a report to a rewritten sender goes nowhere',
    file: 'routing/return-paths.ts',
    text: "return origin === undefined ? directory.lookup(domain, localPart) : { kind: 'alias', targets: [origin] }",
    instead: "return origin === undefined ? directory.lookup(domain, localPart) : { kind: 'alias', targets: [] }",
  },
  {
    name: 'a webhook that does not answer has heard it',
    file: 'webhooks/webhook-agent.ts',
    text: "return later(job, `${host} cannot be reached: ${reasonOf(error)}`, '4.4.1', clock(), host)",
    instead: "return outcomes(job, { status: 'delivered' }, clock(), host)",
  },
  {
    name: 'a message goes on though its webhook cannot be told',
    file: 'delivery/distribute.ts',
    text: "if (events.some(({ status }) => status !== 'queued')) return",
    instead: 'if (false) return',
  },
  {
    name: 'an event has another id each time',
    file: 'webhooks/webhook-agent.ts',
    text: '`msg_${transactionId}`',
    instead: '`msg_${transactionId}.${clock()}`',
  },
  {
    name: 'a webhook does not hear of what a rule drops',
    file: 'routing/found.ts',
    text: 'this.#discarded = true\n        this.#tell(step, at, webhooks)',
    instead: 'this.#discarded = true',
  },
  {
    name: 'rules are asked again when a mailbox is tried again',
    file: 'delivery/onward-recipient.ts',
    text: 'onward.decided = destination.marks',
    instead: '',
  },
  {
    name: 'events of a message do not wait for each other',
    file: 'webhooks/announcer.ts',
    text: 'line: watch.id, ',
    instead: '',
  },
  {
    name: 'news that could not be told count as told',
    file: 'queue/attempt.ts',
    text: 'if (isAnnounced && announcement !== undefined)',
    instead: 'if (announcement !== undefined)',
  },
  {
    name: 'news are told before they are written down',
    file: 'queue/attempt.ts',
    text: 'if (changed) this.#write({ ...entry, next: this.#ports.clock() })',
    instead: 'if (changed) this.#write({ ...entry, next: this.#ports.clock(), news: [] })',
  },
  {
    name: 'a webhook hears that a message is taken when it has left',
    file: 'arrival/accept.ts',
    text: 'const isAnnounced = watch !== undefined && hasPlaces',
    instead: 'const isAnnounced = false',
  },
  {
    name: 'nobody hears of what the operator deletes',
    file: 'queue/operator.ts',
    text: 'const dropped = this.#drop(entry, now)',
    instead: 'const dropped = undefined',
  },
  {
    name: 'an outgoing event has another id each time',
    file: 'webhooks/announcer.ts',
    text: '${type}\\n${mark}`',
    instead: '${type}\\n${mark}${Math.random()}`',
  },
  {
    name: 'the next life of a queue forgets who stands before whom',
    file: 'queue/queue.ts',
    text: 'else this.#dispatcher.schedule(entry)',
    instead: 'else this.#dispatcher.schedule({ ...entry, line: undefined })',
  },
]
