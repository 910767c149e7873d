/**
 * PushSubscription/set: without account and states, and only for the credentials that made a subscription.
 *
 * Standards: RFC 8620 §7.2.2, §8.6.
 * Security: we are made to post to the URL. It must be public, and but for the code that the client has to send back it
 * gets nothing.
 */
import type { CredentialId, PushSubscription } from '../../../mailbox/index.ts'
import {
  Arguments,
  coreCapability,
  formatUtcDate,
  invalidProperties,
  isObject,
  parseUtcDate,
  SetError,
  setOperations,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { OwnContext } from '../context.ts'
import { readRecord } from '../standard/get.ts'
import { checkRecord, isString, patchRecord } from '../standard/record.ts'
import { applySet } from '../standard/set.ts'
import { ownSubscriptions, subscriptionProperties } from './get.ts'
import { pushUrlProblem } from './push-url.ts'

/** RFC 8620 §7.2: at least 48 hours, better 7 days, for apps that seldom run. */
const longestLife = 30 * 86_400_000
const maxTypes = 100
const maxTypeLength = 100
const maxDeviceIdLength = 255

const mutable = {
  verificationCode: (value: Json) => value === null || typeof value === 'string',
  expires: (value: Json) => value === null || parseUtcDate(value) !== undefined,
  types: isTypesOrNull,
}
const creatable = { ...mutable, deviceClientId: isDeviceId, url: isString, keys: isKeysOrNull }
const defaults: JsonObject = { verificationCode: null, expires: null, types: null, keys: null }

type Keys = NonNullable<PushSubscription['keys']>

export function pushSubscriptionSet(context: OwnContext): Method {
  return {
    capability: coreCapability,
    async run(values, call) {
      const request = setOperations(new Arguments(values, ['create', 'update', 'destroy']), context.limits)
      const usable = await usableKeys(context, request.create)
      const store = context.store.pushSubscriptions
      const outcome = applySet(context, request, call, {
        create: (value) => create(context, call, value, usable),
        update: (id, patch) => update(context, expectOwn(context, call, id), patch),
        destroy: (id) => void store.destroy(expectOwn(context, call, id).id),
      })
      context.push?.changed()
      return { arguments: outcome.toResults() }
    },
  }
}

function create(
  context: OwnContext,
  call: CallContext,
  value: JsonObject,
  usable: ReadonlySet<Keys>,
): { id: string } & JsonObject {
  const { push } = context
  if (push === undefined || call.credential === undefined) throw new SetError('forbidden', 'Nothing is pushed here.')
  checkRecord(value, creatable)
  const missing = ['deviceClientId', 'url'].filter((name) => !Object.hasOwn(value, name))
  if (missing.length > 0) throw invalidProperties(missing, 'Missing.')
  const { deviceClientId, url, verificationCode, expires, types, keys } = { ...defaults, ...value }
  if (verificationCode !== null) throw invalidProperties('verificationCode', 'It is null until the server has sent it.')
  const problem = pushUrlProblem(url as string, push.service.allowsPrivateUrls)
  if (problem !== undefined) throw invalidProperties('url', problem)
  if (keys !== null && !usable.has(keys as unknown as Keys)) {
    throw invalidProperties('keys', 'p256dh is not a point on P-256, or auth has not 16 octets (RFC 8291).')
  }
  const made = context.store.pushSubscriptions.create({
    id: `P${context.ids()}`,
    credentialId: call.credential as CredentialId,
    deviceClientId: deviceClientId as string,
    url: url as string,
    keys:
      keys === null
        ? null
        : { p256dh: (keys as JsonObject)['p256dh'] as string, auth: (keys as JsonObject)['auth'] as string },
    types: types as string[] | null,
    expiresAt: expiryOf(context, expires as string | null),
    verificationCode: context.ids(),
  })
  const unsaid = Object.entries(defaults).filter(([name]) => !Object.hasOwn(value, name))
  return { ...Object.fromEntries(unsaid), ...shortened(made, expires as string | null), id: made.id }
}

function update(context: OwnContext, subscription: PushSubscription, patch: JsonObject): JsonObject | null {
  const { url, keys } = subscription
  const current: JsonObject = {
    ...readRecord(subscription, Object.keys(subscriptionProperties), subscriptionProperties),
    url,
    keys: keys === null ? null : { ...keys },
  }
  const changes = patchRecord(current, patch, mutable, defaults)
  const code = changes['verificationCode']
  const verifies = code === subscription.verificationCode
  if (code !== undefined && !verifies && code !== current['verificationCode']) {
    throw invalidProperties('verificationCode', 'That is not the code that was sent.')
  }
  const expires = changes['expires'] as string | null | undefined
  const updated = context.store.pushSubscriptions.update(subscription.id, {
    ...(verifies ? { progress: 'verified' } : {}),
    ...(changes['types'] === undefined ? {} : { types: changes['types'] as string[] | null }),
    ...(expires === undefined ? {} : { expiresAt: expiryOf(context, expires) }),
  })
  const told = expires === undefined ? {} : shortened(updated, expires)
  return Object.keys(told).length === 0 ? null : told
}

/** Throws `invalidProperties` for a time that has passed. */
function expiryOf(context: OwnContext, expires: string | null): number {
  const now = context.clock()
  const wanted = expires === null ? Infinity : (parseUtcDate(expires) as number)
  if (wanted <= now) throw invalidProperties('expires', 'The time has passed.')
  return Math.min(wanted, Math.floor((now + longestLife) / 1000) * 1000)
}

/** `expires`, when the server has set it. */
function shortened({ expiresAt }: PushSubscription, asked: string | null): JsonObject {
  return asked !== null && parseUtcDate(asked) === expiresAt ? {} : { expires: formatUtcDate(expiresAt) }
}

function expectOwn(context: OwnContext, call: CallContext, id: string): PushSubscription {
  const subscription = ownSubscriptions(context, call).find((each) => each.id === id)
  if (subscription === undefined) throw new SetError('notFound')
  return subscription
}

/** Asked ahead, since records are applied in one synchronous transaction. */
async function usableKeys(
  context: OwnContext,
  creations: readonly (readonly [string, JsonObject])[],
): Promise<ReadonlySet<Keys>> {
  const usable = new Set<Keys>()
  for (const [, { keys }] of creations) {
    if (!isObject(keys) || !isKeysOrNull(keys)) continue
    if (await context.push?.service.acceptsKeys(keys as unknown as Keys)) usable.add(keys as unknown as Keys)
  }
  return usable
}

function isKeysOrNull(value: Json): boolean {
  if (value === null) return true
  if (!isObject(value) || Object.keys(value).length !== 2) return false
  return isKey(value['p256dh']) && isKey(value['auth'])
}

function isKey(value: Json | undefined): boolean {
  return typeof value === 'string' && /^[\w-]{1,200}={0,2}$/.test(value)
}

function isTypesOrNull(value: Json): boolean {
  if (value === null) return true
  if (!Array.isArray(value) || value.length > maxTypes) return false
  return value.every((name) => typeof name === 'string' && name.length > 0 && name.length <= maxTypeLength)
}

function isDeviceId(value: Json): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= maxDeviceIdLength
}
