/**
 * ShareNotification/get, /changes, /set, /query and /queryChanges: notices of rights that others gave or took.
 *
 * Standards: RFC 9670 §3.
 */
import {
  formatMailboxId,
  formatShareNotificationId,
  noRights,
  parseShareNotificationId,
  toMailboxRights,
  type Rights,
  type ShareNotification,
} from '../../../mailbox/index.ts'
import {
  formatUtcDate,
  isId,
  MethodError,
  parseUtcDate,
  principalsCapability,
  SetError,
  type Comparator,
  type Json,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { OwnContext } from '../context.ts'
import { changesMethod } from '../standard/changes.ts'
import { testOf, type ConditionReaders } from '../standard/condition.ts'
import { eachOf, getMethod, type PropertyReaders } from '../standard/get.ts'
import { queryChangesMethod, queryMethod, type Compare, type QueryType } from '../standard/query.ts'
import { runSet } from '../standard/set.ts'

/** The only kind of thing that is shared here. */
const objectType = 'Mailbox'

const properties: PropertyReaders<ShareNotification> = {
  id: ({ id }) => formatShareNotificationId(id),
  created: ({ createdAt }) => formatUtcDate(createdAt),
  changedBy: ({ changedBy: { id, address, name } }) => ({
    name: name === '' ? address : name,
    email: address,
    principalId: id,
  }),
  objectType: () => objectType,
  objectAccountId: ({ accountId }) => accountId,
  objectId: ({ mailboxId }) => formatMailboxId(mailboxId),
  oldRights: ({ oldRights }) => shown(oldRights),
  newRights: ({ newRights }) => shown(newRights),
  name: ({ name }) => name,
}

/** In the form of `myRights`; null: the mailbox was not, or is no longer, there for the user. */
function shown(rights: Rights): Json {
  return rights === noRights ? null : { ...toMailboxRights(rights) }
}

/** What is too old is dropped before it is looked at. */
function all({ store }: OwnContext): readonly ShareNotification[] {
  store.shareNotifications.expire()
  return store.shareNotifications.all()
}

export function shareNotificationGet(context: OwnContext): Method {
  return getMethod<ShareNotification>(context, {
    capability: principalsCapability,
    properties,
    findMany(ids) {
      const byId = new Map(all(context).map((notice) => [formatShareNotificationId(notice.id), notice]))
      return eachOf((id) => byId.get(id))(ids)
    },
    all: () => all(context),
  })
}

export function shareNotificationChanges(context: OwnContext): Method {
  return changesMethod(context, {
    capability: principalsCapability,
    type: 'ShareNotification',
    formatId: formatShareNotificationId,
  })
}

/** §3.5: they can only be dismissed. */
export function shareNotificationSet(context: OwnContext): Method {
  return {
    capability: principalsCapability,
    run: (values, call) =>
      runSet(context, values, call, {
        type: 'ShareNotification',
        create: refuse,
        update: refuse,
        destroy(id) {
          const number = parseShareNotificationId(id)
          if (number === undefined) throw new SetError('notFound')
          context.store.shareNotifications.destroy(number)
        },
      }),
  }
}

function refuse(): never {
  throw new SetError('forbidden', 'Notifications are made by the server and only dismissed.')
}

type Test = (notice: ShareNotification) => boolean

/** §3.6.1; null stands for no condition. */
const conditions: ConditionReaders<Test> = {
  after: dateCondition((created, date) => created >= date),
  before: dateCondition((created, date) => created < date),
  objectType: (value) => (typeof value === 'string' ? () => value === objectType : undefined),
  objectAccountId: (value) => (isId(value) ? ({ accountId }) => accountId === value : undefined),
}

function dateCondition(holds: (created: number, date: number) => boolean): (value: Json) => Test | undefined {
  return (value) => {
    if (value === null) return () => true
    const date = parseUtcDate(value)
    return date === undefined ? undefined : ({ createdAt }) => holds(createdAt, date)
  }
}

function compare({ property, isAscending, extra }: Comparator): Compare<ShareNotification> {
  if (property !== 'created' || Object.keys(extra).length > 0) {
    throw new MethodError('unsupportedSort', `Notifications are not sorted by ${JSON.stringify(property)}.`)
  }
  return (a, b) => (isAscending ? 1 : -1) * (a.createdAt - b.createdAt)
}

function queryType(context: OwnContext): QueryType<ShareNotification> {
  return {
    capability: principalsCapability,
    type: 'ShareNotification',
    all: () => all(context),
    id: ({ id }) => formatShareNotificationId(id),
    formatId: formatShareNotificationId,
    condition: (value) => testOf(conditions, value),
    compare,
    tieBreak: (a, b) => a.id - b.id,
  }
}

export function shareNotificationQuery(context: OwnContext): Method {
  return queryMethod(context, queryType(context))
}

export function shareNotificationQueryChanges(context: OwnContext): Method {
  return queryChangesMethod(context, queryType(context))
}
