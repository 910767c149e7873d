/**
 * The programs that webhooks tell of messages, written for their own sake: a signed POST is taken and answered, or not, as
 * their mood says.
 */
import { createHmac } from 'node:crypto'
import type { Chance } from './chance.ts'
import { tokenOf } from './message.ts'
import type { Scene } from './scene.ts'
import type { HookFault } from './town.ts'
import { Violation } from './violation.ts'
import { eventOf, isOutgoing } from './watch-event.ts'

/** Of all webhooks; the octets are what the base64 says. */
export const hookSecret = `whsec_${Buffer.from('the secret of a simulated town ').toString('base64')}`

export interface HookRequest {
  headers: Readonly<Record<string, string>>
  body: string
}

interface Answer {
  /** Undefined: none comes, or the connection breaks. */
  status?: number
  takes: boolean
  /** Milliseconds. */
  after: number
  breaks?: true
}

export class HookReceiver {
  readonly #hook: string
  readonly #scene: Scene
  readonly #chance: Chance

  constructor(hook: string, scene: Scene) {
    this.#hook = hook
    this.#scene = scene
    this.#chance = scene.chance.fork(`hook ${hook}`)
  }

  /** The status, or a rejection as of a connection that breaks; never settled where nobody answers. */
  post(request: HookRequest): Promise<number> {
    const { time, trace } = this.#scene
    const fault = this.#mood()
    if (fault !== undefined) trace.note(`${this.#hook}: a request meets ${fault}`)
    const { status, takes, after, breaks } = answerOf(fault, this.#chance)
    return new Promise((resolve, reject) => {
      const arrive = (): void => {
        if (takes) this.#take(request)
        if (breaks) time.after(after, () => reject(new Error('the connection is gone')))
        else if (status !== undefined) time.after(after, () => resolve(status))
      }
      time.after(1, arrive)
    })
  }

  #mood(): HookFault | undefined {
    const { plan, time } = this.#scene
    const moods = plan.town.hooks[this.#hook] ?? plan.watchers[this.#hook]?.moods
    const mood = moods?.find(({ until }) => until > time.passed)
    if (mood === undefined || mood.faults.length === 0 || !this.#chance.happens(mood.often)) return undefined
    return this.#chance.pick(mood.faults)
  }

  #take({ headers, body }: HookRequest): void {
    const id = headers['webhook-id'] ?? ''
    const key = Buffer.from(hookSecret.slice('whsec_'.length), 'base64')
    const text = `${id}.${headers['webhook-timestamp']}.${body}`
    const signature = `v1,${createHmac('sha256', key).update(text).digest('base64')}`
    if (headers['webhook-signature'] !== signature) throw new Violation(`${this.#hook} is told something unsigned`)
    const { ledger } = this.#scene
    if (isOutgoing(body)) return ledger.watch.heard(this.#hook, eventOf(id, body))
    const { token } = readEvent({ headers, body })
    ledger.told(this.#hook, id, token)
  }
}

/** Of which message it tells, and for whom that was. */
export function readEvent({ body }: HookRequest): { token: string; recipients: readonly string[] } {
  const { data } = JSON.parse(body) as {
    data: { headers: { name: string; value: string }[]; recipients: string[] }
  }
  const header = data.headers.map(({ name, value }) => `${name}: ${value}\r\n`).join('')
  const token = tokenOf(`${header}\r\n`)
  if (token === undefined) throw new Violation('a webhook is told of what has no name')
  return { token, recipients: data.recipients }
}

function refusing(status: number): Answer {
  return { status, takes: false, after: 10 }
}

function answerOf(fault: HookFault | undefined, chance: Chance): Answer {
  switch (fault) {
    case undefined:
      return { status: chance.pick([200, 202, 204]), takes: true, after: 10 }
    case 'refused':
    case 'breaks-before':
      return { takes: false, after: 10, breaks: true }
    case 'silent':
      return { takes: false, after: 0 }
    case 'slow':
      return { status: 200, takes: true, after: chance.duration(1_000, 19_000) }
    case 'too-slow':
      return { status: 200, takes: true, after: 30_000 }
    case 'breaks-after':
      return { takes: true, after: 10, breaks: true }
    case 'redirected':
      return refusing(302)
    case 'not-found':
      return refusing(404)
    case 'too-many':
      return refusing(429)
    case 'failing':
      return refusing(500)
    case 'gone':
      return refusing(410)
  }
}
