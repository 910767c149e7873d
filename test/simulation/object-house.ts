/**
 * The Worker's objects by name, how they call each other, and what the ledger learns of their commits.
 */
import type { MailboxDelivery, MailboxOutcome } from '../../src/delivery/index.ts'
import { type NewEntry, parseShards, queueNames } from '../../src/queue/index.ts'
import type { Chance } from './chance.ts'
import { DatabasePool } from './database.ts'
import { DurableObjectOfTest, type ObjectInstance } from './durable-object.ts'
import { isHookQueue } from './event-ledger.ts'
import type { Doubt, HandOvers } from './hand-over.ts'
import { hold, readHeld } from './held.ts'
import { currentLife, type Life } from './life.ts'
import { tokenOf } from './message.ts'
import { workers } from './objects.ts'
import { readList } from './list-view.ts'
import { arrange, prepare, watch } from './prepared.ts'
import { hosted } from './addresses.ts'
import { quietTown } from './town.ts'
import { readQueue } from './queue-view.ts'
import { type Scene, textOf } from './scene.ts'
import type { MessagePlan } from './sender.ts'

const pool = new DatabasePool()
/** Objects that no message depends on answer nothing. */
const quiet = { getByName: () => new Proxy({}, { get: () => async () => undefined }) }

export class ObjectHouse {
  readonly env: object
  readonly #scene: Scene
  readonly #handOvers: HandOvers
  readonly #globals: Chance
  readonly #objects = new Map<string, DurableObjectOfTest>()
  /** The object that was called last. */
  last: DurableObjectOfTest | undefined
  readonly #stored = new Map<DurableObjectOfTest, (() => void)[]>()

  constructor(scene: Scene, handOvers: HandOvers, globals: Chance) {
    this.#scene = scene
    this.#handOvers = handOvers
    this.#globals = globals
    const namespace = (kind: string) => ({ getByName: (name: string) => this.#stub(kind, name) })
    this.env = {
      QUEUE: namespace('QUEUE'),
      DOMAIN: namespace('DOMAIN'),
      ACCOUNT: namespace('ACCOUNT'),
      REGISTRY: namespace('REGISTRY'),
      LIST: namespace('LIST'),
      TRACE: quiet,
      DMARC: quiet,
      REPORT: quiet,
      FACTEUR_HOSTNAME: 'mail.facteur.test',
      FACTEUR_DEFAULT_DOMAIN: 'facteur.test',
      FACTEUR_BRIDGE_SECRET: 'secret',
      FACTEUR_EGRESS: 'http://bridge.test',
      FACTEUR_DOH: 'https://doh.test/dns-query',
      FACTEUR_SRS: scene.plan.town.srs ? 'yes' : 'no',
      FACTEUR_PUBLIC_URL: 'https://mail.facteur.test',
      FACTEUR_QUEUE_LIFETIME_HOURS: String(scene.plan.lifetimeHours),
      FACTEUR_QUEUE_SHARDS: this.#shards(),
      FACTEUR_QUEUE_OBJECTS: String(scene.plan.sharedObjects),
    }
  }

  get all(): Iterable<DurableObjectOfTest> {
    return this.#objects.values()
  }

  #shards(): string {
    const { shards } = this.#scene.plan
    return shards > 1 ? `one.test=${shards},two.test=2` : ''
  }

  /** The name of the object that the name of a plan means: a queue is named by its domain there. */
  #nameOf(kind: string, name: string): string {
    const { sharedObjects: shared } = this.#scene.plan
    const parsed = parseShards(this.#shards())
    if (kind !== 'QUEUE' || !parsed.ok) return name
    return queueNames(name, { shards: parsed.shards, shared })[0] as string
  }

  /** What a plan names, if anybody has called it. */
  meant(kind: string, name: string): DurableObjectOfTest | undefined {
    return this.known(kind, this.#nameOf(kind, name))
  }

  /** What a plan names. */
  make(kind: string, name: string): DurableObjectOfTest {
    return this.object(kind, this.#nameOf(kind, name))
  }

  /** The object, if anybody has called it. */
  known(kind: string, name: string): DurableObjectOfTest | undefined {
    return this.#objects.get(`${kind} ${name}`)
  }

  object(kind: string, name: string): DurableObjectOfTest {
    const known = this.known(kind, name)
    if (known !== undefined) return known
    const { time, chance, trace, plan } = this.#scene
    const database = pool.take(this.#preparedAs(kind, name), (fresh) =>
      this.#globals.aside(() => prepare(fresh, kind, name, plan)),
    )
    if (plan.town !== quietTown) this.#globals.aside(() => arrange(database, kind, name, plan.town, time.now))
    this.#globals.aside(() => watch(database, kind, name, plan.watchers, time.now))
    database.commit()
    const object: DurableObjectOfTest = new DurableObjectOfTest(kind, name, database, {
      time,
      chance: chance.fork(`${kind} ${name}`),
      construct: (context) => {
        this.#handOvers.objectOf.set(currentLife() as Life, object)
        const instance = new workers[kind as 'QUEUE'](context, this.env)
        if (kind === 'ACCOUNT' || kind === 'LIST') this.#watchDeliveries(object, instance)
        return instance
      },
      committed: () => this.#committed(object),
      note: (line) => trace.note(line),
    })
    object.slowestCommit = plan.slowestCommit
    this.#objects.set(`${kind} ${name}`, object)
    return object
  }

  /** An account holds the message from the beginning. */
  hold(message: MessagePlan): void {
    const { time, ledger } = this.#scene
    const account = this.object('ACCOUNT', message.account)
    this.#globals.aside(() => hold(account.database, message, time.now))
    account.keep()
    account.appoint(time.now + message.at)
    ledger.message(message)
    ledger.accepted(message.token, message.recipients)
  }

  /** Somebody follows the link by which members leave (RFC 8058), until it is answered. */
  leave(list: string, member: string): void {
    const { time, ledger } = this.#scene
    this.object('LIST', `l-${list}`).call('unsubscribe', [member], {
      answered: (isLeft) => {
        if (isLeft === true) ledger.lists.left(list, member)
      },
      failed: () => void time.after(60_000, () => this.leave(list, member)),
    })
  }

  close(): void {
    for (const object of this.#objects.values()) {
      object.close()
      pool.give(this.#preparedAs(object.kind, object.name), object.database)
    }
  }

  #preparedAs(kind: string, name: string): string {
    if (kind === 'QUEUE') return this.#scene.plan.freshQueues ? 'QUEUE fresh' : 'QUEUE'
    if (kind === 'DOMAIN' && this.#scene.plan.town !== quietTown) return `DOMAIN ${name} of a town`
    if (kind === 'REGISTRY' && this.#scene.plan.routed) return 'REGISTRY routed'
    if (kind === 'DOMAIN' && hosted.includes(name) && this.#scene.plan.ruled) return `DOMAIN ${name} ruled`
    return kind === 'ACCOUNT' || hosted.includes(name) ? `${kind} ${name}` : kind
  }

  #committed(object: DurableObjectOfTest): void {
    if (object.kind === 'LIST') this.#scene.ledger.list(listOf(object.name), readList(object.database))
    for (const store of this.#stored.get(object) ?? []) store()
    this.#stored.delete(object)
    if (object.kind === 'QUEUE') this.#scene.ledger.queue(object.name, readQueue(object.database))
    if (object.kind === 'ACCOUNT') this.#scene.ledger.account(object.name, readHeld(object.database))
    if (object.life !== undefined) this.#handOvers.committed(object.life)
  }

  #stub(kind: string, name: string): object {
    const get = (_: object, method: string | symbol): unknown => {
      // Whoever awaits a stub must not take it for a promise.
      if (typeof method !== 'string' || method === 'then') return undefined
      return (...values: unknown[]) => this.#call(kind, name, method, values)
    }
    return new Proxy({}, { get })
  }

  #call(kind: string, name: string, method: string, values: unknown[]): Promise<unknown> {
    const callee = this.object(kind, name)
    const copies = structuredClone(values)
    const begins = (answered: (value: unknown) => void, failed: (error: Error) => void): void => {
      this.last = callee
      callee.call(method, copies, { answered: (value) => answered(structuredClone(value)), failed })
    }
    const answer = this.#handOvers.go({
      name: method,
      doubt: this.#doubt(method, copies, callee.label),
      callee,
      begins,
    })
    if (method !== 'enqueue') return answer
    const entries = copies[0] as NewEntry[]
    const taken = answer.then((entered) => entered as unknown[])
    taken.then(
      (entered) => this.#excuseEvents(entries.filter((_, index) => entered[index] === null)),
      () => this.#excuseEvents(entries),
    )
    return answer
  }

  /** A message whose event cannot be queued comes again as a whole, and other webhooks have heard of it already. */
  #excuseEvents(entries: readonly NewEntry[]): void {
    for (const { domain, raw } of entries) {
      const token = isHookQueue(domain) ? tokenOf(textOf(raw)) : undefined
      if (token !== undefined) this.#scene.ledger.excuse(`${token} event`, 'another webhook could not be told')
    }
  }

  #doubt(method: string, [first]: readonly unknown[], callee: string): Doubt | undefined {
    const what = `${method} to ${callee}`
    if (method !== 'deliver' && method !== 'enqueue') return undefined
    const raws = (first as { raw: Uint8Array }[]).map(({ raw }) => raw)
    return this.#handOvers.doubt(raws, what)
  }

  /** Also of what an account delivers to itself, which is no call. */
  #watchDeliveries(object: DurableObjectOfTest, instance: ObjectInstance): void {
    const { deliver } = instance
    instance.deliver = async (batch) => {
      const outcomes = (await deliver?.call(instance, batch)) as MailboxOutcome[]
      this.#store(object, batch as MailboxDelivery[], outcomes)
      return outcomes
    }
  }

  /** Counts what is in the mailbox as soon as it is there to stay. */
  #store(object: DurableObjectOfTest, batch: MailboxDelivery[], outcomes: MailboxOutcome[]): void {
    const stores = this.#stored.get(object) ?? []
    for (const [index, { raw, recipient }] of batch.entries()) {
      const list = object.kind === 'LIST' ? listOf(object.name) : undefined
      if (outcomes[index]?.status === 'delivered')
        stores.push(() => this.#scene.ledger.mailbox(textOf(raw), recipient, list))
    }
    if (object.dirty) {
      this.#stored.set(object, stores)
      object.life?.onEnd(() => this.#stored.delete(object))
      return
    }
    // Nothing had to be written. What is found is the run's to hear, and not the object's.
    this.#stored.delete(object)
    this.#scene.time.after(0, () => {
      for (const store of stores) store()
    })
  }
}

/** By its id. */
function listOf(id: string): string {
  return id.replace('l-', '')
}
