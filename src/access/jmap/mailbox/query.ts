/**
 * Mailbox/query and Mailbox/queryChanges.
 *
 * Standards: RFC 8621 §2.3, §2.4.
 */
import { formatMailboxId, type Mailbox, type MailboxId } from '../../../mailbox/index.ts'
import {
  isId,
  mailCapability,
  MethodError,
  type Arguments,
  type Comparator,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { testOf, type ConditionReaders } from '../standard/condition.ts'
import { compareText, queryChangesMethod, queryMethod, type Compare, type QueryType } from '../standard/query.ts'

type Test = (mailbox: Mailbox) => boolean

const conditions: ConditionReaders<Test> = {
  parentId: (value) => {
    if (value !== null && !isId(value)) return undefined
    return (mailbox) => (mailbox.parentId === null ? null : formatMailboxId(mailbox.parentId)) === value
  },
  name: (value) => {
    if (typeof value !== 'string') return undefined
    const sought = value.toLowerCase()
    return (mailbox) => mailbox.name.toLowerCase().includes(sought)
  },
  role: (value) => (value === null || typeof value === 'string' ? (mailbox) => mailbox.role === value : undefined),
  hasAnyRole: (value) => (typeof value === 'boolean' ? (mailbox) => (mailbox.role !== null) === value : undefined),
  isSubscribed: (value) => (typeof value === 'boolean' ? (mailbox) => mailbox.isSubscribed === value : undefined),
}

function compare(comparator: Comparator): Compare<Mailbox> {
  const direction = comparator.isAscending ? 1 : -1
  if (Object.keys(comparator.extra).length > 0) throw new MethodError('unsupportedSort', 'Unknown Comparator property.')
  switch (comparator.property) {
    case 'sortOrder':
      return (a, b) => direction * (a.sortOrder - b.sortOrder)
    case 'name': {
      const text = compareText(comparator)
      return (a, b) => text(a.name, b.name)
    }
    case 'parentId':
      return (a, b) => direction * ((a.parentId ?? 0) - (b.parentId ?? 0))
    default:
      throw new MethodError('unsupportedSort', `Mailboxes are not sorted by ${JSON.stringify(comparator.property)}.`)
  }
}

function mailboxQueryType(context: JmapContext): QueryType<Mailbox> {
  return {
    capability: mailCapability,
    type: 'Mailbox',
    extra: ['sortAsTree', 'filterAsTree'],
    all: () => context.store.mailboxes(),
    id: (mailbox) => formatMailboxId(mailbox.id),
    formatId: (id) => formatMailboxId(id as MailboxId),
    condition: (value) => testOf(conditions, value),
    compare,
    tieBreak: (a, b) => a.id - b.id,
    arrange: (records, order, args) => arrange(context, records, order, args),
    // A mailbox's place in a tree hangs on its ancestors, so one change may move any of them.
    spreads: (args) => args.boolean('sortAsTree') || args.boolean('filterAsTree'),
  }
}

function arrange(
  context: JmapContext,
  matching: readonly Mailbox[],
  order: Compare<Mailbox>,
  args: Arguments,
): readonly Mailbox[] {
  const kept = args.boolean('filterAsTree') ? withAllAncestors(context, matching) : matching
  return args.boolean('sortAsTree') ? sortedAsTree(context, kept, order) : [...kept].sort(order)
}

/** `filterAsTree`: a mailbox stays only if its ancestors do (RFC 8621 §2.3). */
function withAllAncestors({ store }: JmapContext, matching: readonly Mailbox[]): Mailbox[] {
  const ids = new Set(matching.map((mailbox) => mailbox.id))
  return matching.filter((mailbox) => {
    for (let parent = mailbox.parentId; parent !== null; parent = store.mailbox(parent)?.parentId ?? null) {
      if (!ids.has(parent)) return false
    }
    return true
  })
}

/** `sortAsTree`: ancestors first, siblings by the comparators; the tree is that of all mailboxes, matching or not. */
function sortedAsTree({ store }: JmapContext, matching: readonly Mailbox[], order: Compare<Mailbox>): Mailbox[] {
  const children = Map.groupBy(store.mailboxes(), (mailbox) => mailbox.parentId)
  const wanted = new Set(matching.map((mailbox) => mailbox.id))
  const sorted: Mailbox[] = []
  const visit = (parent: MailboxId | null): void => {
    for (const mailbox of (children.get(parent) ?? []).sort(order)) {
      if (wanted.has(mailbox.id)) sorted.push(mailbox)
      visit(mailbox.id)
    }
  }
  visit(null)
  return sorted
}

export function mailboxQuery(context: JmapContext): Method {
  return queryMethod(context, mailboxQueryType(context))
}

export function mailboxQueryChanges(context: JmapContext): Method {
  return queryChangesMethod(context, mailboxQueryType(context))
}
