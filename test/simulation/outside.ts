/**
 * What `fetch` reaches: the bridge's egress, a DNS over HTTPS, and the receivers of webhooks.
 */
import type { DnsFetch } from '../../src/protocol/dns/index.ts'
import type { SimulatedBridge } from './bridge.ts'
import type { SimulatedDns } from './dns.ts'
import { type FetchAnswer, type FetchInit, settle } from './globals.ts'
import type { HandOvers } from './hand-over.ts'
import { type HookReceiver, readEvent } from './hook-receiver.ts'
import { bound, currentLife } from './life.ts'
import { lost } from './scene.ts'
import { isOutgoing } from './watch-event.ts'

type Answered = (answer: FetchAnswer) => void
type Failed = (error: Error) => void

export class Outside {
  readonly #handOvers: HandOvers
  readonly #dns: SimulatedDns
  readonly #bridge: () => SimulatedBridge | undefined
  readonly #hooks: ReadonlyMap<string, HookReceiver>
  readonly #heard: (url: string, id: string) => void

  /** `hooks` by URL; `heard` is called with the id of what one of them has taken, when that is known here. */
  constructor(
    handOvers: HandOvers,
    dns: SimulatedDns,
    bridge: () => SimulatedBridge | undefined,
    hooks: ReadonlyMap<string, HookReceiver>,
    heard: (url: string, id: string) => void,
  ) {
    this.#handOvers = handOvers
    this.#dns = dns
    this.#bridge = bridge
    this.#hooks = hooks
    this.#heard = heard
  }

  fetch(url: string, init: FetchInit): Promise<FetchAnswer> {
    const hook = this.#hooks.get(url)
    if (hook !== undefined) return this.#tell(url, hook, init)
    return url.startsWith('https://doh.test') ? this.#askDns(url, init) : this.#send(init)
  }

  #tell(url: string, hook: HookReceiver, { body = '', headers = {}, signal }: FetchInit): Promise<FetchAnswer> {
    const id = headers['webhook-id'] ?? ''
    const request = { headers, body: body as string }
    const begins = (answered: Answered, failed: Failed): void => {
      hook.post(request).then((status) => answered(answerOf(status, new Uint8Array())), failed)
    }
    // The same event may come as often as it likes, under its id.
    const doubt = isOutgoing(request.body) ? undefined : this.#handOvers.doubtOf(url, readEvent(request))
    const answer = abortable(this.#handOvers.go({ name: 'post', doubt, begins }), signal)
    return answer.then((given) => {
      if (given.ok) this.#heard(url, id)
      return given
    })
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
    const copy = (body as Uint8Array).slice()
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
    body: null,
    ok: status >= 200 && status < 300,
    headers,
    text: async () => Buffer.from(bytes).toString(),
    arrayBuffer: async () => new Uint8Array(bytes).buffer,
  }
}
