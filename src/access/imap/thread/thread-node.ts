/**
 * A node of a thread: a message, or a placeholder for one that is not here.
 */
import type { ThreadMessage } from './thread-message.ts'

export interface ThreadNode {
  message: ThreadMessage | undefined
  children: ThreadNode[]
}

/** The message that stands for a node: a placeholder's is its first child's. */
export function firstMessage(node: ThreadNode): ThreadMessage | undefined {
  return node.message ?? node.children[0]?.message
}

/** By sent date, then sequence number (RFC 5256 §2.2). Placeholders need their children sorted before. */
export function byDate(a: ThreadNode, b: ThreadNode): number {
  const [left, right] = [firstMessage(a), firstMessage(b)]
  if (left === undefined || right === undefined) return 0
  return left.date - right.date || left.sequence - right.sequence
}
