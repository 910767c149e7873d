/**
 * What `fetch` reaches: the bridge's egress and a DNS over HTTPS.
 */
import type { DnsFetch } from '../../src/protocol/dns/index.ts'
import type { SimulatedBridge } from './bridge.ts'
import type { SimulatedDns } from './dns.ts'
import { type FetchAnswer, type FetchInit, settle } from './globals.ts'
import type { HandOvers } from './hand-over.ts'
import { bound, currentLife } from './life.ts'
import { lost } from './scene.ts'

type Answered = (answer: FetchAnswer) => void
type Failed = (error: Error) => void

export class Outside {
  readonly #handOvers: HandOvers
  readonly #dns: SimulatedDns
  readonly #bridge: () => SimulatedBridge | undefined

  constructor(handOvers: HandOvers, dns: SimulatedDns, bridge: () => SimulatedBridge | undefined) {
    this.#handOvers = handOvers
    this.#dns = dns
    this.#bridge = bridge
  }

  fetch(url: string, init: FetchInit): Promise<FetchAnswer> {
    return url.startsWith('https://doh.test') ? this.#askDns(url, init) : this.#send(init)
  }

  #askDns(url: string, init: FetchInit): Promise<FetchAnswer> {
    const begins = (answered: Answered, failed: Failed): void => void this.#look(url, init).then(answered, failed)
    return abortable(this.#handOvers.go({ name: 'dns', begins }), init.signal)
  }

  /** Never resolves for a name that nobody answers for. */
  async #look(url: string, init: FetchInit): Promise<FetchAnswer> {
    const { memory, silent } = this.#dns
    const position = memory.asked.length
    const response = await memory.fetch(url, init as Parameters<DnsFetch>[1])
    const name = memory.asked[position]?.split(' ')[1] ?? ''
    if (silent.has(name)) return new Promise<never>(() => undefined)
    return answerOf(response.status, new Uint8Array(await response.arrayBuffer()), response.headers)
  }

  #send({ body = new Uint8Array(), signal }: FetchInit): Promise<FetchAnswer> {
    const copy = body.slice()
    const gone = new AbortController()
    // The bridge notices when the one that asks it is gone.
    currentLife()?.onEnd(() => gone.abort())
    const begins = (answered: Answered, failed: Failed): void => {
      const bridge = this.#bridge()
      if (bridge === undefined) {
        failed(new Error('connection refused'))
        return
      }
      const stay = bridge.life.onEnd(() => failed(new Error(lost)))
      const work = bridge.egress(copy, gone.signal).finally(stay)
      work.then(
        (text) => answered(answerOf(200, Buffer.from(text))),
        (error: unknown) => answered(answerOf(500, Buffer.from(String(error)))),
      )
    }
    const doubt = this.#handOvers.doubt([copy], 'egress')
    return abortable(this.#handOvers.go({ name: 'egress', doubt, begins }), signal)
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    signal.addEventListener(
      'abort',
      bound(() => reject(signal.reason as Error)),
    )
    work.finally(() => settle(signal)).then(resolve, reject)
  })
}

const noHeaders: FetchAnswer['headers'] = { get: () => null }

function answerOf(status: number, bytes: Uint8Array, headers = noHeaders): FetchAnswer {
  return {
    status,
    ok: status >= 200 && status < 300,
    headers,
    text: async () => Buffer.from(bytes).toString(),
    arrayBuffer: async () => new Uint8Array(bytes).buffer,
  }
}
