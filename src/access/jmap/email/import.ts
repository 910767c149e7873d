/**
 * Email/import: uploaded messages become emails.
 *
 * Standards: RFC 8621 §4.8.
 */
import { parseDate, parseHeader, type Header } from '../../../format/index.ts'
import type { Octets } from '../../../mailbox/index.ts'
import {
  Arguments,
  checkAccount,
  invalidArguments,
  invalidProperties,
  mailCapability,
  MethodError,
  refuseTooMany,
  resolveId,
  SetError,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { readBlob } from '../blob.ts'
import type { JmapContext } from '../context.ts'
import { runSet } from '../standard/set.ts'
import { isMessage } from './parse.ts'
import { addEmail, type Placement, readPlacement } from './placement.ts'
import { withPrepared } from './prepared.ts'
import { together } from './together.ts'

const properties = ['blobId', 'mailboxIds', 'keywords', 'receivedAt']

export function emailImport(context: JmapContext): Method {
  return {
    capability: mailCapability,
    async run(values, call) {
      const args = new Arguments(values, ['accountId', 'ifInState', 'emails'])
      checkAccount(args, context.account.id)
      const emails = args.objects('emails')
      if (emails === undefined) throw invalidArguments('emails is missing.')
      refuseTooMany(Object.keys(emails).length, context.limits.maxObjectsInSet)
      // An import is a create by another name (RFC 8621 §4.8): the same order, states and errors.
      const request = { accountId: context.account.id, ifInState: args.string('ifInState') ?? null, create: emails }
      const make = (value: JsonObject): Uint8Array => messageOf(context, call, value)
      const result = await withPrepared(context.store, Object.entries(emails), make, (prepared) =>
        runSet(context, request, call, {
          type: 'Email',
          create: (value) => importEmail(context, call, value, () => prepared.octets(value)),
          update: refuse,
        }),
      )
      const { accountId, oldState, newState, created, notCreated } = result.arguments as Record<string, Json>
      return { arguments: { accountId, oldState, newState, created, notCreated } as JsonObject }
    },
  }
}

function refuse(): never {
  throw new MethodError('serverFail')
}

/** The octets to be imported. */
function messageOf(context: JmapContext, call: CallContext, value: JsonObject): Uint8Array {
  const unknown = Object.keys(value).filter((name) => !properties.includes(name))
  if (unknown.length > 0) throw invalidProperties(unknown, 'Unknown.')
  const given = value['blobId']
  const blobId = typeof given === 'string' ? resolveId(given, call.createdIds) : undefined
  const blob = blobId === undefined ? undefined : readBlob(context.store, blobId)
  if (blob === undefined) throw invalidProperties('blobId', 'There is no such blob.')
  if (blob.bytes.length > context.limits.maxSizeEmail) {
    throw new SetError('tooLarge', undefined, { maxSize: context.limits.maxSizeEmail })
  }
  const { header } = parseHeader(blob.bytes)
  if (!isMessage({ header })) throw new SetError('invalidEmail', 'The blob does not begin with a header field.')
  return blob.bytes
}

function importEmail(
  context: JmapContext,
  call: CallContext,
  value: JsonObject,
  read: () => Octets,
): { id: string } & JsonObject {
  const [placement, octets] = together<[Placement, Octets]>(() => readPlacement(context, call, value), read)
  const start = octets instanceof Uint8Array ? octets : octets.start
  const received = (value['receivedAt'] ?? null) === null ? receivedTime(parseHeader(start).header) : undefined
  return addEmail(context, {
    ...placement,
    ...(received === undefined ? {} : { receivedAt: received }),
    raw: octets,
  })
}

/** The time of the most recent Received field: the topmost one, behind its semicolon (RFC 5321 §4.4). */
function receivedTime(header: Header): number | undefined {
  const received = header.first('Received')
  const semicolon = received?.lastIndexOf(';') ?? -1
  return received === undefined || semicolon < 0 ? undefined : parseDate(received.slice(semicolon + 1))?.time
}
