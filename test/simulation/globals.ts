/**
 * The globals that the rooms' hosts use, on virtual time and the run's chance, while a run lasts.
 */
import type { Chance } from './chance.ts'
import { bound } from './life.ts'
import { Timer, type VirtualTime } from './virtual-time.ts'

export interface FetchInit {
  body?: Uint8Array | string
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

/** As much of a Response as our hosts look at. */
export interface FetchAnswer {
  status: number
  ok: boolean
  headers: { get(name: string): string | null }
  body?: null
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

export interface Ground {
  time: VirtualTime
  chance: Chance
  fetch(url: string, init: FetchInit): Promise<FetchAnswer>
  print(line: string): void
}

const timeouts = new WeakMap<AbortSignal, Timer>()

/** Nobody looks at the signal any more: its timer need not run. */
export function settle(signal: AbortSignal): void {
  timeouts.get(signal)?.cancel()
}

/** Puts them in place; the function given back puts the real ones back. */
export function installGlobals(ground: Ground): () => void {
  const { time, chance } = ground
  const restore: (() => void)[] = []
  const replace = (owner: object, name: string, value: unknown): void => {
    const own = Object.getOwnPropertyDescriptor(owner, name)
    Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: true })
    restore.push(() => {
      if (own === undefined) Reflect.deleteProperty(owner, name)
      else Object.defineProperty(owner, name, own)
    })
  }
  replace(Date, 'now', () => time.now)
  replace(performance, 'now', () => time.now)
  replace(Math, 'random', chance.number)
  replace(globalThis, 'setTimeout', (callback: () => void, milliseconds = 0) => {
    return time.after(Math.max(1, milliseconds), bound(callback))
  })
  replace(globalThis, 'clearTimeout', (timer: unknown) => {
    if (timer instanceof Timer) timer.cancel()
  })
  const wait = (milliseconds: number) => new Promise<void>((resolve) => void time.after(milliseconds, bound(resolve)))
  replace(globalThis, 'scheduler', { wait })
  replace(AbortSignal, 'timeout', (milliseconds: number) => {
    const controller = new AbortController()
    const abort = (): void => controller.abort(new DOMException('aborted due to timeout', 'TimeoutError'))
    timeouts.set(controller.signal, time.after(milliseconds, abort))
    return controller.signal
  })
  replace(globalThis, 'fetch', (url: string | URL, init: FetchInit = {}) => ground.fetch(String(url), init))
  replace(crypto, 'getRandomValues', (array: Uint8Array | Uint32Array) => {
    for (let i = 0; i < array.length; i++) array[i] = chance.number() * 2 ** 32
    return array
  })
  // What the platform computes takes no virtual time, but the next event waits for it.
  for (const name of ['digest', 'sign', 'verify', 'importKey', 'exportKey', 'generateKey', 'deriveBits'] as const) {
    const compute = crypto.subtle[name].bind(crypto.subtle) as (...values: unknown[]) => Promise<unknown>
    replace(crypto.subtle, name, (...values: unknown[]) => {
      time.realWork++
      return compute(...values).finally(() => time.realWork--)
    })
  }
  const octets: (this: Blob) => Promise<ArrayBuffer> = Reflect.get(Blob.prototype, 'arrayBuffer')
  replace(Blob.prototype, 'arrayBuffer', function arrayBuffer(this: Blob) {
    time.realWork++
    return octets.call(this).finally(() => time.realWork--)
  })
  for (const level of ['log', 'info', 'warn', 'error']) {
    replace(console, level, (...parts: unknown[]) => ground.print(parts.map(String).join(' ')))
  }
  return () => {
    for (const undo of restore.reverse()) undo()
  }
}
