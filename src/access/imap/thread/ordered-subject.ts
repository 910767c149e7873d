/**
 * Threads of equal subjects, "the poor man's threading".
 *
 * Standards: RFC 5256 §3 (ORDEREDSUBJECT).
 */
import type { ThreadMessage } from './thread-message.ts'
import { byDate, type ThreadNode } from './thread-node.ts'

/** Threads by the date of their first message; in each all others are children of the first. */
export function orderedSubject(messages: readonly ThreadMessage[]): ThreadNode[] {
  const subjects = new Map<string, ThreadNode>()
  for (const message of [...messages].sort((a, b) => a.date - b.date || a.sequence - b.sequence)) {
    const node: ThreadNode = { message, children: [] }
    const first = subjects.get(message.baseSubject)
    if (first === undefined) subjects.set(message.baseSubject, node)
    else first.children.push(node)
  }
  return [...subjects.values()].sort(byDate)
}
