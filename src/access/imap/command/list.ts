/**
 * `LIST` and `LSUB`.
 *
 * Standards: RFC 9051 §6.3.9, RFC 3501 §6.3.8–6.3.9, RFC 5258 (LIST-EXTENDED), RFC 5819 (LIST-STATUS), RFC 6154 §5, RFC 9590
 * (LIST-METADATA), RFC 8440 (LIST-MYRIGHTS).
 */
import { hasRights } from '../../../mailbox/index.ts'
import type { ListCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import {
  canonical,
  delimiter,
  levelsAbove,
  matches,
  namedMailboxes,
  specialUse,
  type NamedMailbox,
} from '../mailbox-names.ts'
import { annotationsOf, metadataLine } from '../metadata.ts'
import { myRightsLine } from './acl.ts'
import { listLine } from './list-line.ts'
import { statusLine } from './status.ts'

export function list(context: Context, command: ListCommand): Completion {
  const completion = { text: `${command.name} completed` }
  if (command.name === 'LSUB') {
    lsub(context, command)
    return completion
  }
  // RFC 9051 §6.3.9: an empty pattern asks for the delimiter and the root of the reference.
  if (!command.extended && command.patterns[0] === '') {
    context.output.text(`* LIST (\\Noselect) "${delimiter}" ""\r\n`)
    return completion
  }
  const all = namedMailboxes(context.store)
  const patterns = command.patterns.map((pattern) => canonical(command.reference + pattern))
  const withSubscribed = command.returns.has('SUBSCRIBED') || command.select.has('SUBSCRIBED')
  for (const named of all.values()) {
    if (!patterns.some((pattern) => matches(named.name, pattern))) continue
    const chosen = isChosen(named, command)
    // RFC 5258 §3.5: what is not chosen itself is told of only where the patterns name nothing chosen below it.
    const hidden = chosen ? undefined : patterns
    const parent = command.select.has('RECURSIVEMATCH') && hasChosenBelow(named, all, command, hidden)
    if (!chosen && !parent) continue
    const options = new Set<'subscribed' | 'childInfo'>()
    if (withSubscribed) options.add('subscribed')
    if (parent) options.add('childInfo')
    context.output.text(listLine(context, named, named.name, options))
    if (!chosen) continue
    if (command.returns.has('MYRIGHTS')) context.output.text(myRightsLine(context, named))
    // RFC 5819 §2: no figures of what may not be read.
    if (!hasRights(context.store.rightsTo(named.mailbox.id), 'r')) continue
    if (command.status !== undefined) context.output.text(statusLine(context, named, command.status))
    if (command.metadata !== undefined) tellMetadata(context, named, command.metadata)
  }
  if (context.store.namePrefix !== undefined) tellMissingLevels(context, command, patterns, all)
  if (command.status?.includes('HIGHESTMODSEQ')) context.enabled.add('CONDSTORE')
  return completion
}

/** Above somebody else's mailboxes there may be levels that the user does not see (RFC 4314 §4, LIST). */
function tellMissingLevels(
  context: Context,
  command: ListCommand,
  patterns: readonly string[],
  all: ReadonlyMap<string, NamedMailbox>,
): void {
  const { namePrefix = '' } = context.store
  const levels = new Map<string, boolean>()
  for (const { name, mailbox } of all.values()) {
    for (const level of levelsAbove(name)) {
      if (level.length <= namePrefix.length || all.has(level)) continue
      levels.set(level, levels.get(level) === true || mailbox.isSubscribed)
    }
  }
  for (const [level, isSubscribedBelow] of levels) {
    if (patterns.some((pattern) => !pattern.endsWith('*') && matches(level, pattern))) {
      context.output.text(levelLine(context, command, level, isSubscribedBelow))
    }
  }
}

/** A level of the hierarchy that is no mailbox, where the command wants to hear of it. */
export function levelLine(context: Context, command: ListCommand, level: string, isSubscribedBelow: boolean): string {
  const name = context.mailboxName(level)
  if (command.name === 'LSUB') return isSubscribedBelow ? `* LSUB (\\Noselect) "${delimiter}" ${name}\r\n` : ''
  const attributes = `${context.rev2 || command.extended ? '\\NonExistent' : '\\Noselect'} \\HasChildren`
  const line = `* LIST (${attributes}) "${delimiter}" ${name}`
  if (command.select.has('SPECIAL-USE')) return ''
  if (!command.select.has('SUBSCRIBED')) return `${line}\r\n`
  const isParent = command.select.has('RECURSIVEMATCH') && isSubscribedBelow
  return isParent ? `${line} ("CHILDINFO" ("SUBSCRIBED"))\r\n` : ''
}

/** RFC 9590 §3: every entry asked for is answered, NIL where there is none. */
function tellMetadata(context: Context, named: NamedMailbox, entries: readonly string[]): void {
  const values = new Map(annotationsOf(context, named).map(({ entry, value }) => [entry, value]))
  context.output.text(metadataLine(context, named.name, new Map(entries.map((entry) => [entry, values.get(entry)]))))
}

function isChosen({ mailbox }: NamedMailbox, { select }: ListCommand): boolean {
  if (select.has('SUBSCRIBED') && !mailbox.isSubscribed) return false
  return !select.has('SPECIAL-USE') || specialUse(mailbox.role) !== undefined
}

/** Is a mailbox below chosen, and not named by these patterns? */
function hasChosenBelow(
  named: NamedMailbox,
  all: ReadonlyMap<string, NamedMailbox>,
  command: ListCommand,
  patterns: readonly string[] = [],
): boolean {
  if (!named.hasChildren) return false
  const prefix = named.name + delimiter
  for (const below of all.values()) {
    if (!below.name.startsWith(prefix) || !isChosen(below, command)) continue
    if (!patterns.some((pattern) => matches(below.name, pattern))) return true
  }
  return false
}

/** RFC 3501 §6.3.9: with `%`, an unsubscribed parent of something subscribed is listed as `\Noselect`. */
function lsub(context: Context, command: ListCommand): void {
  const pattern = canonical(command.reference + (command.patterns[0] ?? ''))
  const listed = new Set<string>()
  for (const named of namedMailboxes(context.store).values()) {
    if (!named.mailbox.isSubscribed) continue
    if (matches(named.name, pattern)) {
      listed.add(named.name)
      context.output.text(listLine(context, named, named.name, new Set(), 'LSUB'))
      continue
    }
    if (!pattern.endsWith('%')) continue
    for (let end = named.name.lastIndexOf(delimiter); end > 0; end = named.name.lastIndexOf(delimiter, end - 1)) {
      const parent = named.name.slice(0, end)
      if (listed.has(parent) || !matches(parent, pattern)) continue
      listed.add(parent)
      if (namedMailboxes(context.store).get(parent)?.mailbox.isSubscribed) continue
      context.output.text(`* LSUB (\\Noselect) "${delimiter}" ${context.mailboxName(parent)}\r\n`)
    }
  }
}
