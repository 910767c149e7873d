/**
 * Threads as the THREAD response writes them.
 *
 * Standards: RFC 5256 §4: `(2)(3 6 (4 23)(44 7 96))`; a placeholder writes nothing for itself: `((3)(5))`.
 */
import type { ThreadMessage } from './thread-message.ts'
import type { ThreadNode } from './thread-node.ts'

/** Without recursion: a thread may be as deep as the mailbox is large. */
export function renderThreads(roots: readonly ThreadNode[], number: (message: ThreadMessage) => number): string {
  let text = ''
  // What is still to be written, last first: a node that begins a parenthesis, one that goes on in it, or its end.
  const rest: ({ node: ThreadNode; begins: boolean } | ')')[] = []
  const push = (nodes: readonly ThreadNode[]): void => {
    for (let at = nodes.length - 1; at >= 0; at--) rest.push({ node: nodes[at] as ThreadNode, begins: true })
  }
  push(roots)
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (next === ')') {
      text += ')'
      continue
    }
    const { node, begins } = next
    if (begins) {
      text += '('
      rest.push(')')
    }
    if (node.message !== undefined) text += number(node.message)
    const [only] = node.children
    if (only === undefined) continue
    if (node.message !== undefined) text += ' '
    if (node.children.length === 1) rest.push({ node: only, begins: false })
    else push(node.children)
  }
  return text
}
