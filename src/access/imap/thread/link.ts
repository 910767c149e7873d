/**
 * Who refers to whom: the first two steps of threading.
 *
 * Standards: RFC 5256 §3 (REFERENCES, steps 1 and 2).
 * Security: identifiers are the senders' words. A link that would close a loop is not made, nor is one below a line of
 * ancestors too long to look through.
 */
import type { ThreadMessage } from './thread-message.ts'
import type { ThreadNode } from './thread-node.ts'

/** Ancestors looked through for a loop. Real threads have some dozens. */
const maxAncestors = 2000

class LinkedNode implements ThreadNode {
  message: ThreadMessage | undefined
  children: ThreadNode[] = []
  parent: LinkedNode | undefined
  #hasHadChildren = false

  /** Becomes a child of `parent`, unless it is that itself or an ancestor of it. */
  hangBelow(parent: LinkedNode): void {
    if (this.#isAbove(parent)) return
    this.parent = parent
    parent.#hasHadChildren = true
  }

  #isAbove(other: LinkedNode): boolean {
    if (other === this) return true
    if (!this.#hasHadChildren) return false
    let steps = 0
    for (let at = other.parent; at !== undefined; at = at.parent) if (at === this || ++steps > maxAncestors) return true
    return false
  }
}

/** A node without message, with all the threads below it; identifiers of absent messages have placeholders. */
export function linkReferences(messages: readonly ThreadMessage[]): ThreadNode {
  const nodes = new Map<string, LinkedNode>()
  const all: LinkedNode[] = []
  const newNode = (): LinkedNode => {
    const node = new LinkedNode()
    all.push(node)
    return node
  }
  const nodeOf = (id: string): LinkedNode => {
    let node = nodes.get(id)
    if (node === undefined) nodes.set(id, (node = newNode()))
    return node
  }
  for (const message of messages) {
    let node = message.messageId === '' ? newNode() : nodeOf(message.messageId)
    // An identifier that another message has already says nothing of this one.
    if (node.message !== undefined) node = newNode()
    node.message = message
    let parent: LinkedNode | undefined
    for (const id of message.references) {
      const reference = nodeOf(id)
      if (parent !== undefined && reference.parent === undefined) reference.hangBelow(parent)
      parent = reference
    }
    // What a message says of itself counts more than what others say of it.
    node.parent = undefined
    if (parent !== undefined) node.hangBelow(parent)
  }
  const root: ThreadNode = { message: undefined, children: [] }
  for (const node of all) (node.parent ?? root).children.push(node)
  return root
}
