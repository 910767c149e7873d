/**
 * Identity/get, Identity/changes and Identity/set.
 *
 * Standards: RFC 8621 §6.
 */
import { splitAddress } from '../../format/index.ts'
import {
  formatIdentityId,
  parseIdentityId,
  type Identity,
  type IdentityAddress,
  type IdentityId,
  type NewIdentity,
} from '../../mailbox/index.ts'
import {
  invalidProperties,
  isObject,
  SetError,
  submissionCapability,
  type Json,
  type JsonObject,
  type Method,
} from '../../protocol/jmap/index.ts'
import type { OwnContext } from './context.ts'
import { maySendAs } from './sender.ts'
import { changesMethod } from './standard/changes.ts'
import { eachOf, getMethod, readRecord, type PropertyReaders } from './standard/get.ts'
import { checkRecord, isString, patchRecord } from './standard/record.ts'
import { runSet } from './standard/set.ts'

const properties: PropertyReaders<Identity> = {
  id: (identity) => formatIdentityId(identity.id),
  name: (identity) => identity.name,
  email: (identity) => identity.email,
  replyTo: (identity) => addresses(identity.replyTo),
  bcc: (identity) => addresses(identity.bcc),
  textSignature: (identity) => identity.textSignature,
  htmlSignature: (identity) => identity.htmlSignature,
  mayDelete: (identity) => identity.mayDelete,
}

const mutable = {
  name: isName,
  replyTo: isAddressesOrNull,
  bcc: isAddressesOrNull,
  textSignature: isSignature,
  htmlSignature: isSignature,
}

const defaults: JsonObject = { name: '', replyTo: null, bcc: null, textSignature: '', htmlSignature: '' }

/** Larger than any signature with an inline logo, small enough that an identity stays one row. */
const maxSignatureSize = 512 * 1024

export function identityGet(context: OwnContext): Method {
  return getMethod<Identity>(context, {
    capability: submissionCapability,
    properties,
    findMany: eachOf((id) => findIdentity(context, id)),
    all: () => context.store.identities(),
  })
}

export function identityChanges(context: OwnContext): Method {
  return changesMethod(context, {
    capability: submissionCapability,
    type: 'Identity',
    formatId: (id) => formatIdentityId(id as IdentityId),
  })
}

export function identitySet(context: OwnContext): Method {
  return {
    capability: submissionCapability,
    async run(values, call) {
      const allowed = await allowedSenders(context, values['create'])
      return runSet(context, values, call, {
        type: 'Identity',
        create: (value) => create(context, value, allowed),
        update: (id, patch) => {
          const identity = expectIdentity(context, id)
          const current = readRecord(identity, Object.keys(properties), properties)
          context.store.updateIdentity(identity.id, patchRecord(current, patch, mutable, defaults))
          return null
        },
        destroy: (id) => context.store.destroyIdentity(expectIdentity(context, id).id),
      })
    },
  }
}

/** Asked ahead, since records are applied in one synchronous transaction. */
async function allowedSenders(context: OwnContext, create: Json | undefined): Promise<ReadonlySet<string>> {
  const allowed = new Set<string>()
  const values = isObject(create ?? null) ? Object.values(create as JsonObject) : []
  for (const value of values.slice(0, context.limits.maxObjectsInSet)) {
    const email = isObject(value) ? value['email'] : undefined
    if (typeof email === 'string' && !allowed.has(email) && (await maySendAs(context, email))) allowed.add(email)
  }
  return allowed
}

function create(context: OwnContext, record: JsonObject, allowed: ReadonlySet<string>): { id: string } & JsonObject {
  // QUIRK: Bulwark (seen in 2026) writes null for a signature that is empty, as a patch may.
  const said = Object.entries(record).filter(([name, item]) => item !== null || defaults[name] !== '')
  const value = Object.fromEntries(said)
  checkRecord(value, { ...mutable, email: isString })
  const email = value['email']
  if (typeof email !== 'string' || splitAddress(email) === undefined) {
    throw invalidProperties('email', 'An identity needs a valid email address.')
  }
  if (!allowed.has(email)) {
    throw new SetError('forbiddenFrom', 'This account may not send from that address.')
  }
  const identity = context.store.createIdentity({ ...defaults, ...value } as unknown as NewIdentity)
  const unsaid = Object.keys(defaults).filter((name) => !Object.hasOwn(value, name))
  const created = readRecord(identity, ['id', 'mayDelete', ...unsaid], properties)
  return { ...created, id: formatIdentityId(identity.id) }
}

export function findIdentity(context: OwnContext, id: string): Identity | undefined {
  const number = parseIdentityId(id)
  return number === undefined ? undefined : context.store.identity(number)
}

function expectIdentity(context: OwnContext, id: string): Identity {
  const identity = findIdentity(context, id)
  if (identity === undefined) throw new SetError('notFound')
  return identity
}

function addresses(list: readonly IdentityAddress[] | null): Json {
  return list === null ? null : list.map(({ name, email }) => ({ name: name ?? null, email }))
}

function isAddressesOrNull(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.length <= 100 && value.every(isEmailAddress))
}

function isEmailAddress(value: Json): boolean {
  if (!isObject(value)) return false
  const { name = null, email, ...rest } = value
  return (name === null || typeof name === 'string') && typeof email === 'string' && Object.keys(rest).length === 0
}

/** It becomes part of a header field. */
function isName(value: Json): boolean {
  return typeof value === 'string' && !/\p{Cc}/u.test(value)
}

function isSignature(value: Json): boolean {
  return typeof value === 'string' && value.length <= maxSignatureSize
}
