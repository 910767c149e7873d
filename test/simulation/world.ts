/**
 * A run: the Worker's objects, a bridge, other mail servers, senders and an operator, in one plan's weather.
 */
import type { Reply } from '../../src/protocol/smtp/index.ts'
import { SimulatedBridge } from './bridge.ts'
import { Chance } from './chance.ts'
import { SimulatedDns } from './dns.ts'
import { isHookQueue } from './event-ledger.ts'
import { Forwarder } from './forwarder.ts'
import { installGlobals } from './globals.ts'
import { HandOvers } from './hand-over.ts'
import { HookReceiver } from './hook-receiver.ts'
import { Ledger } from './ledger.ts'
import { bound, currentLife, Life, liveIn } from './life.ts'
import { SimulatedNetwork, type Wire } from './network.ts'
import { ObjectHouse } from './object-house.ts'
import { workers } from './objects.ts'
import { hookUrl } from './operator.ts'
import { Outside } from './outside.ts'
import { Peer } from './peer.ts'
import { end, type Plan } from './plan.ts'
import { readQueue } from './queue-view.ts'
import type { Scene } from './scene.ts'
import { type MessagePlan, Sender, type SenderPorts } from './sender.ts'
import { Trace } from './trace.ts'
import { Violation } from './violation.ts'
import { VirtualTime } from './virtual-time.ts'
import { Weather } from './weather.ts'

export interface Result {
  trace: Trace
  failure?: Error
  /** Events. */
  steps: number
}

/** Runs a plan to the end of its eight days, or to the first violation. */
export async function simulate(plan: Plan): Promise<Result> {
  const world = new World(plan)
  const failure = await world.run()
  const { trace, time } = world.scene
  return { trace, steps: time.steps, ...(failure === undefined ? {} : { failure }) }
}

/**
 * Runs of one process follow each other in time, so that what the Worker's isolate remembers of the last one is too old to be
 * used. Entry keys are microseconds: beyond the year 2255 they would not be exact.
 */
const mostRuns = 8_000
let runs = 0

function nextBeginning(): number {
  if (runs >= mostRuns) throw new Error(`a process is good for ${mostRuns} runs`)
  return Date.UTC(2026, 10, 23, 8) + runs++ * (end + 86_400_000)
}

class World {
  readonly scene: Scene
  readonly #globals: Chance
  readonly #handOvers: HandOvers
  readonly #house: ObjectHouse
  readonly #dns = new SimulatedDns()
  readonly #outside: Outside
  readonly #weather: Weather
  #worker = new Life('worker')
  #workerBack = 0
  #bridge: SimulatedBridge | undefined
  #bridges = 0
  readonly #forwarder: Forwarder
  #objection: unknown

  constructor(plan: Plan) {
    const time = new VirtualTime(nextBeginning())
    const trace = new Trace(time)
    const chance = new Chance(plan.seed).fork('run')
    const ledger = new Ledger(plan, (line) => trace.note(line))
    this.scene = { plan, time, trace, chance, ledger, network: new SimulatedNetwork(time, chance.fork('network')) }
    this.#globals = chance.fork('globals')
    this.#handOvers = new HandOvers(this.scene, (ambush, caller, callee) => {
      this.#weather.spring(ambush, caller === undefined ? undefined : this.#handOvers.objectOf.get(caller), callee)
    })
    this.#house = new ObjectHouse(this.scene, this.#handOvers, this.#globals)
    this.#weather = new Weather({
      scene: this.scene,
      house: this.#house,
      crashWorker: (away) => this.#crashWorker(away),
      crashBridge: (away) => this.#crashBridge(away),
    })
    const hooks = new Map(
      [...Object.keys(plan.town.hooks), ...Object.keys(plan.watchers)].map((hook) => [
        hookUrl(hook),
        new HookReceiver(hook, this.scene),
      ]),
    )
    this.#outside = new Outside(
      this.#handOvers,
      this.#dns,
      () => this.#bridge,
      hooks,
      (url, id) => {
        if (!ledger.watch.knows(id)) ledger.events.proved(url.slice(url.lastIndexOf('/') + 1), id)
      },
    )
    this.#forwarder = new Forwarder({
      scene: this.scene,
      send: (message, refused) => this.#send(message, refused),
      takesReports: (address) => ledger.book.takesReports(address),
      leave: (list, member) => this.#house.leave(list, member),
    })
  }

  async run(): Promise<Error | undefined> {
    const { time, trace, ledger } = this.scene
    const restore = installGlobals({
      time,
      chance: this.#globals,
      fetch: (url, init) => this.#outside.fetch(url, init),
      print: (line) => this.#heard(line),
    })
    let unheard: unknown
    const hear = (reason: unknown): void => void (unheard ??= reason)
    process.on('unhandledRejection', hear)
    try {
      workers.forgetDirectory()
      workers.forgetReturnPaths()
      this.#startBridge()
      this.#populate()
      await time.run(time.start + end, () => {
        if (this.#objection !== undefined) throw this.#objection
        if (unheard !== undefined) throw new Violation(`nobody hears of ${describe(unheard)}`)
        ledger.check()
        this.#weather.strike(time.steps)
      })
      ledger.checkEnd()
      return undefined
    } catch (error) {
      trace.note(`in the queues now:\n${ledger.describeQueues()}`)
      return error as Error
    } finally {
      restore()
      process.off('unhandledRejection', hear)
      trace.close()
      this.#house.close()
    }
  }

  #populate(): void {
    const { plan, time, trace, network, ledger, chance } = this.scene
    for (const mode of ['mx', 'submission'] as const) {
      network.servers.set(`door ${mode}`, {
        admit: () => (this.#bridge === undefined ? 'refused' : wire(plan, chance)),
        accept: (socket) => this.#bridge?.serve(mode, socket),
      })
    }
    for (const { name, plan: peerPlan } of plan.peers) {
      const peer = new Peer(name, peerPlan, time, chance.fork(name), {
        note: (line) => trace.note(line),
        took: (raw, recipients, sender) => {
          ledger.took(raw, recipients, name)
          this.#forwarder.took(raw, recipients, sender, name)
        },
        proved: (raw, recipients) => ledger.proved(raw, recipients),
      })
      network.servers.set(peerPlan.address, peer)
    }
    for (const message of plan.messages) this.#send(message)
    this.#weather.begin(this.#dns)
  }

  #send(message: MessagePlan, refused?: SenderPorts['refused']): void {
    if (message.door !== 'mx' && message.from !== '') this.scene.ledger.watch.sent(message)
    if (message.door === 'later') {
      this.#house.hold(message)
      return
    }
    const { network, time, ledger, trace, chance } = this.scene
    const ports = {
      network,
      time,
      ledger,
      chance: chance.fork(message.token),
      note: (line: string) => trace.note(line),
      ...(refused === undefined ? {} : { refused }),
    }
    new Sender(message, ports).start()
  }

  #startBridge(): void {
    const ask = (head: object, body: readonly Uint8Array[]): Promise<Reply | undefined> => this.#ask(head, body)
    this.#bridge = new SimulatedBridge(++this.#bridges, { network: this.scene.network, ask })
  }

  /** The link: the bridge's question to a Worker, and no answer when one of them ends. */
  #ask(head: object, body: readonly Uint8Array[]): Promise<Reply | undefined> {
    const { time, trace } = this.scene
    return new Promise((resolve) => {
      const answer = bound(resolve)
      if (this.#workerBack > time.now) {
        time.after(1_000, () => answer(undefined))
        return
      }
      const request = new Life('request')
      const stay = this.#worker.onEnd(() => {
        request.end()
        time.after(100, () => answer(undefined))
      })
      const pieces = body.map((piece) => piece.slice())
      const json = JSON.parse(JSON.stringify(head)) as object
      const perform = async (): Promise<void> => {
        const operations = new workers.LinkOperations({ arrival: workers.arrivalPorts(this.#house.env), hello: {} })
        let reply: Reply | undefined
        try {
          reply = (await operations.perform(json, pieces)).reply
        } catch (error) {
          trace.note(`the Worker throws ${String(error)}`)
        }
        stay()
        time.after(this.#handOvers.delay(), () => answer(reply))
      }
      time.after(this.#handOvers.delay(), () => void liveIn(request, perform))
    })
  }

  #crashWorker(away: number): void {
    this.#workerBack = this.scene.time.now + away
    workers.forgetDirectory()
    workers.forgetReturnPaths()
    const worker = this.#worker
    this.#worker = new Life('worker')
    worker.end()
  }

  #crashBridge(away: number): void {
    const bridge = this.#bridge
    if (bridge === undefined) return
    this.#bridge = undefined
    bridge.life.end()
    this.scene.time.after(away, () => this.#startBridge())
  }

  /** A line of the Worker's log. */
  #heard(line: string): void {
    this.scene.trace.note(line)
    const life = currentLife()
    // Part of the copies may be safe: whoever comes again doubles those. A rule's copy for nobody is only told of.
    if (line.includes('"arrival failed"') && !line.includes('a rule wants a copy') && life !== undefined)
      this.#handOvers.excuseAll(life, 'arrival failed')
    if (line.includes('a program is not told'))
      this.scene.ledger.watch.gaveUp((JSON.parse(line) as { transactionId: string }).transactionId)
    if (!/"queue (?:unreported|unannounced|discarded)"/.test(line)) return
    const { event, id, recipients } = JSON.parse(line) as { event: string; id: string; recipients: string[] }
    const object = life === undefined ? undefined : this.#handOvers.objectOf.get(life)
    const entry = object && readQueue(object.database).find((one) => one.id === id)
    if (entry === undefined) return
    const { ledger } = this.scene
    try {
      if (entry.event !== undefined) return
      if (event === 'queue unannounced') ledger.watch.forgiven(entry.token, recipients)
      else if (isHookQueue(entry.domain)) ledger.untold(entry.token, entry.domain)
      else ledger.silenced(entry.token, recipients, event.slice('queue '.length))
    } catch (objection) {
      // For the run, and not for the code that writes the log.
      this.#objection ??= objection
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? String(error.stack) : String(error)
}

/** A connection to us, that may break at any octet. */
function wire({ latency, breaking }: Plan, chance: Chance): Wire {
  if (!chance.happens(breaking)) return { latency }
  return chance.happens(0.5)
    ? { latency, cutFromClient: chance.whole(0, 1_000) }
    : { latency, cutFromServer: chance.whole(0, 700) }
}
