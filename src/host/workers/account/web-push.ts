/**
 * Posts to push services.
 *
 * Standards: RFC 8620 §7.2; RFC 8030 §5 (TTL, Urgency), §7.3 (404, 410); RFC 8291; RFC 8292; RFC 9110 §10.2.3 (Retry-After).
 * Limits: ten seconds for an answer, whose content is not read.
 * Security: the URL is a client's. Redirects are not followed, and on one machine the connection is made by a service that
 * reaches public addresses only, whatever a name resolves to; on Cloudflare a Worker has no private network to reach.
 */
import type { PushMessage, PushOutcome, PushService } from '../../../access/jmap/index.ts'
import { decodeBase64Url, encodeUtf8 } from '../../../format/index.ts'
import type { PushSubscriptions } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'
import { type DeviceKeys, encryptPush, freshSecrets, importDeviceKey } from './push-encryption.ts'
import { newServerKey, Vapid } from './vapid.ts'

const TIMEOUT_MS = 10_000
/** How long a push service keeps a push for a device that is off: after it, the device syncs anyway. */
const TTL_SECONDS = 86_400
const LONGEST_RETRY_MS = 86_400_000
/** Sizes are rounded up to this, so that they do not tell which types changed. */
const PADDING_STEP = 256

export interface WebPushOptions {
  readonly kept: () => Pick<PushSubscriptions, 'serverKey' | 'keepServerKey'>
  /** A `mailto:` or `https:` URI of the operator. */
  readonly contact: string
  readonly allowsPrivateUrls: boolean
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly log: Log
}

export class WebPush implements PushService {
  readonly allowsPrivateUrls: boolean
  readonly #options: WebPushOptions
  #opening: Promise<Vapid> | undefined
  #making: Promise<Vapid> | undefined
  #vapid: Vapid | undefined

  constructor(options: WebPushOptions) {
    this.allowsPrivateUrls = options.allowsPrivateUrls
    this.#options = options
  }

  /** To be awaited before `applicationServerKey` is read. Writes nothing. */
  async ready(): Promise<void> {
    const { serverKey } = this.#options.kept()
    if (serverKey !== undefined) this.#vapid ??= await this.#open(serverKey)
  }

  get applicationServerKey(): string | undefined {
    return this.#vapid?.publicKey
  }

  /**
   * Sees to it that the account has a key. It is made with one, unless it is from before there were keys. `keepServerKey`
   * decides when two are made at once.
   */
  async makeKey(): Promise<Vapid> {
    const { serverKey } = this.#options.kept()
    if (serverKey !== undefined) return this.#open(serverKey)
    this.#making ??= newServerKey()
      .then((key) => this.#open(this.#options.kept().keepServerKey(key)))
      .finally(() => (this.#making = undefined))
    return this.#making
  }

  async acceptsKeys(keys: NonNullable<PushMessage['keys']>): Promise<boolean> {
    const device = deviceKeys(keys)
    if (device === undefined) return false
    try {
      await importDeviceKey(device.p256dh)
      return true
    } catch {
      return false // not a point on the curve
    }
  }

  async post(message: PushMessage): Promise<PushOutcome> {
    const { log } = this.#options
    // The rest of the URL is the device's secret.
    const service = new URL(message.url).origin
    try {
      const response = await this.#post(message)
      await response.body?.cancel()
      if (response.status === 404 || response.status === 410) return { status: 'gone' }
      if (response.ok) return { status: 'accepted' }
      log('warning', 'push refused', { service, status: response.status })
      return { status: 'failed', ...retryAfter(response.headers.get('Retry-After')) }
    } catch (error) {
      log('warning', 'push failed', { service, error: describe(error) })
      return { status: 'failed' }
    }
  }

  async #post({ url, keys, body, urgency }: PushMessage): Promise<Response> {
    const vapid = await this.makeKey()
    const headers = new Headers({
      Authorization: await vapid.authorization(url, Date.now()),
      'Content-Type': 'application/json',
      TTL: String(TTL_SECONDS),
      Urgency: urgency,
    })
    let octets = encodeUtf8(JSON.stringify(body))
    if (keys !== null) {
      const device = deviceKeys(keys)
      if (device === undefined) throw new Error('the keys of a subscription are not those that were accepted')
      const padTo = Math.ceil((octets.length + 1) / PADDING_STEP) * PADDING_STEP
      octets = await encryptPush(octets, device, await freshSecrets(), padTo)
      headers.set('Content-Encoding', 'aes128gcm')
    }
    const abort = new AbortController()
    // A timer that is left running would keep the object in memory.
    const timer = setTimeout(() => abort.abort(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
    const init = { method: 'POST', headers, body: octets, redirect: 'manual', signal: abort.signal } as const
    return this.#options.fetch(url, init).finally(() => clearTimeout(timer))
  }

  #open(serverKey: string): Promise<Vapid> {
    return (this.#opening ??= Vapid.open(serverKey, this.#options.contact))
  }
}

function deviceKeys(keys: NonNullable<PushMessage['keys']>): DeviceKeys | undefined {
  const p256dh = decodeBase64Url(keys.p256dh)
  const auth = decodeBase64Url(keys.auth)
  return p256dh?.length === 65 && auth?.length === 16 ? { p256dh, auth } : undefined
}

/** Seconds or a date; neither is believed beyond a day. */
function retryAfter(value: string | null): { retryAfter?: number } {
  if (value === null) return {}
  const wait = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return wait > 0 ? { retryAfter: Math.min(wait, LONGEST_RETRY_MS) } : {}
}
