/**
 * VacationResponse/get and VacationResponse/set: one object that is always there.
 *
 * Standards: RFC 8621 §8.
 */
import type { VacationResponse } from '../../mailbox/index.ts'
import {
  formatUtcDate,
  parseUtcDate,
  SetError,
  vacationCapability,
  type Json,
  type JsonObject,
  type Method,
} from '../../protocol/jmap/index.ts'
import type { OwnContext } from './context.ts'
import { eachOf, getMethod, readRecord, type PropertyReaders } from './standard/get.ts'
import { isBoolean, patchRecord } from './standard/record.ts'
import { runSet } from './standard/set.ts'

const singleton = 'singleton'

const properties: PropertyReaders<VacationResponse> = {
  id: () => singleton,
  isEnabled: (response) => response.isEnabled,
  fromDate: (response) => dateOrNull(response.fromDate),
  toDate: (response) => dateOrNull(response.toDate),
  subject: (response) => response.subject,
  textBody: (response) => response.textBody,
  htmlBody: (response) => response.htmlBody,
}

/** What one header field and one message to a stranger may reasonably hold. */
const maxSubject = 500
const maxBody = 100_000

const mutable = {
  isEnabled: isBoolean,
  fromDate: isDateOrNull,
  toDate: isDateOrNull,
  subject: (value: Json) => value === null || (isText(value, maxSubject) && !/\p{Cc}/u.test(value as string)),
  textBody: (value: Json) => value === null || isText(value, maxBody),
  htmlBody: (value: Json) => value === null || isText(value, maxBody),
}

const defaults: JsonObject = { fromDate: null, toDate: null, subject: null, textBody: null, htmlBody: null }

export function vacationGet(context: OwnContext): Method {
  return getMethod<VacationResponse>(context, {
    capability: vacationCapability,
    properties,
    findMany: eachOf((id) => (id === singleton ? context.store.vacation.get() : undefined)),
    all: () => [context.store.vacation.get()],
  })
}

export function vacationSet(context: OwnContext): Method {
  return {
    capability: vacationCapability,
    run: (values, call) =>
      runSet(context, values, call, {
        type: 'VacationResponse',
        create() {
          throw new SetError('singleton', 'There is one vacation response, and it exists.')
        },
        update(id, patch) {
          if (id !== singleton) throw new SetError('notFound')
          const current = context.store.vacation.get()
          const changes = patchRecord(
            readRecord(current, Object.keys(properties), properties),
            patch,
            mutable,
            defaults,
          )
          context.store.vacation.set({ ...current, ...stored(changes) })
          return null
        },
        destroy(id) {
          throw new SetError(id === singleton ? 'singleton' : 'notFound')
        },
      }),
  }
}

/** Checked properties in the store's form: dates are numbers there. */
function stored(changes: JsonObject): Partial<VacationResponse> {
  const result = { ...changes }
  for (const name of ['fromDate', 'toDate']) {
    const value = changes[name]
    if (typeof value === 'string') result[name] = parseUtcDate(value) as number
  }
  return result
}

function dateOrNull(time: number | null): string | null {
  return time === null ? null : formatUtcDate(time)
}

function isDateOrNull(value: Json): boolean {
  return value === null || parseUtcDate(value) !== undefined
}

function isText(value: Json, most: number): boolean {
  return typeof value === 'string' && value.length <= most
}
