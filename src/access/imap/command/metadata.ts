/**
 * `GETMETADATA` and `SETMETADATA`.
 *
 * Standards: RFC 5464 §4.2–4.3.
 */
import { StoreError } from '../../../mailbox/index.ts'
import { no, type GetMetadataCommand, type SetMetadataCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { expectMailbox } from '../mailbox-names.ts'
import { annotate, annotationsOf, metadataLine } from '../metadata.ts'

export function getMetadata(context: Context, command: GetMetadataCommand): Completion {
  const named = command.mailbox === '' ? undefined : expectMailbox(context.store, command.mailbox)
  const found = new Map<string, Uint8Array | undefined>()
  // What is asked for by name is answered in any case; what lies below only where there is something.
  if (command.depth === 0) for (const entry of command.entries) found.set(entry, undefined)
  let longest = 0
  for (const { entry, value } of annotationsOf(context, named)) {
    if (!command.entries.some((asked) => isWithin(entry, asked, command.depth))) continue
    if (command.maxSize !== undefined && value.length > command.maxSize) {
      longest = Math.max(longest, value.length)
      found.delete(entry)
    } else found.set(entry, value)
  }
  if (found.size > 0) context.output.text(metadataLine(context, named?.name ?? '', found))
  const text = 'GETMETADATA completed'
  return longest > 0 ? { code: `METADATA LONGENTRIES ${longest}`, text } : { text }
}

export function setMetadata(context: Context, command: SetMetadataCommand): Completion {
  const named = command.mailbox === '' ? undefined : expectMailbox(context.store, command.mailbox)
  try {
    annotate(context, named, command.values)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    if (error.type === 'tooManyAnnotations') throw no('Too many annotations', 'METADATA TOOMANY')
    if (error.type === 'noPrivateAnnotations') throw no('There are only shared annotations here', 'METADATA NOPRIVATE')
    if (error.type !== 'tooLarge') throw error
    const { maxAnnotationSize } = context.store.limits
    throw no('An annotation is too large', `METADATA MAXSIZE ${maxAnnotationSize}`)
  }
  return { text: 'SETMETADATA completed' }
}

/** RFC 5464 §4.2.2: the entry itself, what is one level below, or all that is below. */
function isWithin(entry: string, asked: string, depth: GetMetadataCommand['depth']): boolean {
  if (entry === asked) return true
  if (depth === 0 || !entry.startsWith(`${asked}/`)) return false
  return depth === 'infinity' || !entry.slice(asked.length + 1).includes('/')
}
