/**
 * MaskedEmail/set: the account's user makes addresses up, and takes them back.
 *
 * Standards: RFC 8620 §5.3; properties and states of https://www.fastmail.com/dev/maskedemail.
 * Limits: lengths below; how many there may be is the domain's affair.
 */
import {
  type CallContext,
  type Json,
  type JsonObject,
  maskedEmailCapability,
  type Method,
  MethodError,
  resolveId,
  setArguments,
  SetError,
  setOwn,
} from '../../../protocol/jmap/index.ts'
import { type MaskedAddress, maxMaskPrefix, mostMasks, type NewMask } from '../../../routing/index.ts'
import { type OwnContext, standardOf } from '../context.ts'
import { asOwnError } from '../standard/change.ts'
import { readRecord } from '../standard/get.ts'
import { checkRecord, patchRecord, type PropertyChecks } from '../standard/record.ts'
import { expectResolved, SetOutcome } from '../standard/set.ts'
import { maskId, maskProperties, masksPortOf } from './masked-email.ts'

const maxText = 500
const maxUrl = 2_000

const facts = {
  forDomain: (value: Json) => value === null || isLine(value, maxText),
  description: (value: Json) => value === null || isLine(value, maxText),
  url: (value: Json) => value === null || isLine(value, maxUrl),
}
const creatable = {
  ...facts,
  state: (value: Json) => value === null || value === 'pending' || value === 'enabled' || value === 'disabled',
  emailPrefix: (value: Json) => value === null || (typeof value === 'string' && /^[a-z0-9_]{0,64}$/.test(value)),
}
/** It is never pending again. */
function changesOf(mask: MaskedAddress): PropertyChecks {
  const state = (value: Json) => value === mask.state || ['enabled', 'disabled', 'deleted'].includes(value as string)
  return { ...facts, state }
}

const defaults: JsonObject = { state: 'pending', forDomain: '', description: '', url: null }

export function maskedEmailSet(context: OwnContext): Method {
  const port = masksPortOf(context)
  const properties = maskProperties(port.domain)

  async function create(value: JsonObject, call: CallContext): Promise<MaskedAddress> {
    const made = await port.make(newMask(context, value, call))
    if (made === 'tooFast') throw new SetError('rateLimit', 'Too many were made today.')
    if (made === 'tooMany') throw new SetError('overQuota', `An account has at most ${mostMasks} masked addresses.`)
    return made
  }

  async function update(mask: MaskedAddress, patch: JsonObject): Promise<MaskedAddress> {
    const current = readRecord(mask, Object.keys(properties), properties)
    const changed = { ...mask, ...withoutNull(patchRecord(current, patch, changesOf(mask), defaults)) }
    await port.update(changed)
    return changed
  }

  async function destroy(mask: MaskedAddress): Promise<void> {
    if (mask.state === 'pending') return port.remove(mask.localPart)
    throw new SetError('forbidden', 'It was in use and stays known: set its state to deleted.')
  }

  return {
    capability: maskedEmailCapability,
    async run(values, call) {
      const request = setArguments(values, standardOf(context, call))
      const before = await port.list()
      const oldState = String(before.state)
      if (request.ifInState !== undefined && request.ifInState !== oldState) throw new MethodError('stateMismatch')
      const known = new Map(before.masks.map((mask) => [maskId(mask), mask]))
      const outcome = new SetOutcome()
      const trying = async (refused: JsonObject, key: string, work: () => Promise<void>): Promise<void> => {
        try {
          await work()
        } catch (error) {
          setOwn(refused, key, asOwnError(context, 'MaskedEmail/set', error).toJSON())
        }
      }
      for (const [creationId, value] of request.create) {
        await trying(outcome.notCreated, creationId, async () => {
          const made = await create(value, call)
          const id = maskId(made)
          known.set(id, made)
          call.createdIds.set(creationId, id)
          const told = Object.keys(properties).filter((name) => (value[name] ?? null) === null)
          setOwn(outcome.created, creationId, readRecord(made, told, properties))
        })
      }
      const destroyed = new Set(request.destroy.map((id) => resolveId(id, call.createdIds)))
      for (const [key, patch] of request.update) {
        await trying(outcome.notUpdated, key, async () => {
          const id = expectResolved(key, call.createdIds)
          if (destroyed.has(id)) throw new SetError('willDestroy')
          known.set(id, await update(expectKnown(known, id), patch))
          outcome.updated[id] = null
        })
      }
      for (const key of request.destroy) {
        await trying(outcome.notDestroyed, key, async () => {
          const id = expectResolved(key, call.createdIds)
          await destroy(expectKnown(known, id))
          known.delete(id)
          outcome.destroyed.push(id)
        })
      }
      const { state } = await port.list()
      return { arguments: outcome.toArguments(context.account.id, oldState, String(state)) }
    },
  }
}

function expectKnown(known: ReadonlyMap<string, MaskedAddress>, id: string): MaskedAddress {
  const mask = known.get(id)
  if (mask === undefined) throw new SetError('notFound')
  return mask
}

function newMask({ store }: OwnContext, value: JsonObject, call: CallContext): NewMask {
  checkRecord(value, creatable)
  const { emailPrefix, ...said } = value
  const prefix = typeof emailPrefix === 'string' ? emailPrefix.slice(0, maxMaskPrefix) : ''
  const wanted = { ...defaults, ...withoutNull(said) } as unknown as Pick<
    NewMask,
    'state' | 'forDomain' | 'description' | 'url'
  >
  const client = store.credentials.list().find(({ id }) => id === call.credential)
  return { ...wanted, createdBy: client?.name ?? '', prefix }
}

/** null stands for the default: of all but `url`, which may be null, an empty text. */
function withoutNull(facts: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, value === null ? (defaults[name] as Json) : value]),
  )
}

function isLine(value: Json, most: number): boolean {
  return typeof value === 'string' && value.length <= most && !/\p{Cc}/u.test(value)
}
