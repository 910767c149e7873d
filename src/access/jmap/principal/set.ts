/**
 * Principal/set: a user says who they are; everything else about people is the administrator's.
 *
 * Standards: RFC 9670 §2.3, §6.1 (names are not to be trusted: the address is always shown beside).
 * Limits: length of name and description; both go out with every listing.
 */
import {
  applyPatch,
  MethodError,
  patchedProperties,
  principalsCapability,
  resolveId,
  setArguments,
  SetError,
  invalidProperties,
  member,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type OwnContext } from '../context.ts'
import type { ProfilePatch } from '../sharing/ports.ts'
import { asSetError } from '../standard/change.ts'
import { SetOutcome } from '../standard/set.ts'
import { portsOf, principalChanges, Principals, type Principal } from './principals.ts'

const maxName = 255
const maxDescription = 2000

const checks: Readonly<Record<string, (value: Json | undefined) => boolean>> = {
  name: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= maxName && isOneLine(value),
  description: (value) => value === null || (typeof value === 'string' && value.length <= maxDescription),
  timeZone: (value) => value === null || (typeof value === 'string' && isTimeZone(value)),
}

export function principalSet(context: OwnContext): Method {
  return {
    capability: principalsCapability,
    async run(values, call) {
      const request = setArguments(values, standardOf(context, call))
      const ids = request.update.map(([key]) => resolveId(key, call.createdIds) ?? key)
      const principals = await Principals.open(context, [...ids, ...request.destroy])
      await expectState(context, principals.state, request.ifInState)
      const outcome = new SetOutcome()
      for (const [creationId] of request.create) outcome.notCreated[creationId] = forbidden().toJSON()
      for (const id of request.destroy) {
        outcome.notDestroyed[id] = (principals.get(id) === undefined ? new SetError('notFound') : forbidden()).toJSON()
      }
      for (const [index, [key, patch]] of request.update.entries()) {
        try {
          await update(context, principals.get(ids[index] as string), patch)
          outcome.updated[ids[index] as string] = null
        } catch (error) {
          outcome.notUpdated[key] = asSetError(error).toJSON()
        }
      }
      const { state } = Object.keys(outcome.updated).length === 0 ? principals : await Principals.open(context, [])
      return { arguments: outcome.toArguments(context.account.id, principals.state, state) }
    },
  }
}

async function update(context: OwnContext, principal: Principal | undefined, patch: JsonObject): Promise<void> {
  if (principal === undefined) throw new SetError('notFound')
  const touched = [...patchedProperties(patch)]
  const isOwn = principal.id === context.account.id
  if (!isOwn || touched.some((name) => !Object.hasOwn(checks, name))) throw forbidden()
  const { name, description, timeZone } = principal
  const patched = applyPatch({ name, description, timeZone }, patch, { description: null, timeZone: null })
  const wrong = touched.filter((property) => checks[property]?.(member(patched, property)) !== true)
  if (wrong.length > 0) throw invalidProperties(wrong, 'Of a wrong type or too long.')
  const changed = Object.fromEntries(touched.map((property) => [property, member(patched, property)])) as ProfilePatch
  await portsOf(context).people.setProfile(changed)
  // Others learn it with what this account shares.
  if (changed.name !== undefined) context.store.updateAccount({ name: changed.name })
}

/** RFC 8620 §5.3. */
async function expectState(context: OwnContext, state: string, ifInState: string | undefined): Promise<void> {
  if (ifInState === undefined || ifInState === state) return
  try {
    const { created, updated, destroyed } = (await principalChanges(context, ifInState)).changes
    if (created.size + updated.size + destroyed.size === 0) return
  } catch (error) {
    if (!(error instanceof MethodError) || error.type !== 'cannotCalculateChanges') throw error
  }
  throw new MethodError('stateMismatch')
}

function isOneLine(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat && /^[A-Za-z]/.test(name)
  } catch {
    return false // RangeError: not in the IANA database
  }
}

function forbidden(): SetError {
  return new SetError('forbidden', 'Only name, description and time zone of your own principal can be changed.')
}
