/**
 * Threads by who refers to whom.
 *
 * Standards: RFC 5256 §3 (REFERENCES), step by step; without step 5, and by the newest message, it is REFS.
 */
import { linkReferences } from './link.ts'
import type { ThreadMessage } from './thread-message.ts'
import { byDate, firstMessage, type ThreadNode } from './thread-node.ts'

/** `bySubject`: threads of one subject are put together, and all are in the order of their first date. */
export function threadByReferences(messages: readonly ThreadMessage[], bySubject: boolean): ThreadNode[] {
  const root = linkReferences(messages)
  prune(root)
  sortAll(root)
  if (bySubject) {
    root.children = gatherSubjects(root.children)
    sortAll(root)
    return root.children
  }
  const newest = newestOf(root)
  return root.children.sort((a, b) => (newest.get(a) ?? 0) - (newest.get(b) ?? 0) || byDate(a, b))
}

/** Step 3: placeholders without children go; those with children give way to them, but at the top only for one child. */
function prune(root: ThreadNode): void {
  for (const node of descendants(root).reverse()) {
    node.children = node.children.flatMap((child) => {
      if (child.message !== undefined || child.children.length === 0) return child.message === undefined ? [] : [child]
      return node !== root || child.children.length === 1 ? child.children : [child]
    })
  }
}

/** Step 5: threads that have the same subject become one. */
function gatherSubjects(threads: readonly ThreadNode[]): ThreadNode[] {
  const table = new Map<string, ThreadNode>()
  for (const node of threads) {
    const known = table.get(subjectOf(node))
    if (known === undefined || isBetter(node, known)) table.set(subjectOf(node), node)
  }
  const moved = new Set<ThreadNode>()
  const joined = new Map<ThreadNode, ThreadNode>()
  for (const node of threads) {
    const subject = subjectOf(node)
    const known = subject === '' ? node : (table.get(subject) as ThreadNode)
    if (known === node) continue
    moved.add(node)
    if (known.message === undefined) {
      if (node.message === undefined) for (const child of node.children) known.children.push(child)
      else known.children.push(node)
    } else if (node.message?.isReply === true && !known.message.isReply) known.children.push(node)
    else {
      const both: ThreadNode = { message: undefined, children: [known, node] }
      joined.set(known, both)
      table.set(subject, both)
    }
  }
  return threads.filter((node) => !moved.has(node)).map((node) => joined.get(node) ?? node)
}

function subjectOf(node: ThreadNode): string {
  return firstMessage(node)?.baseSubject ?? ''
}

/** Step 5B: a placeholder stands for a subject rather than a message, and a message rather than a reply. */
function isBetter(node: ThreadNode, known: ThreadNode): boolean {
  if (known.message === undefined) return false
  return node.message === undefined || (known.message.isReply && !node.message.isReply)
}

/** Steps 4 and 6: siblings by date, from the bottom up. */
function sortAll(root: ThreadNode): void {
  for (const node of descendants(root).reverse()) if (node.children.length > 1) node.children.sort(byDate)
}

/** For each thread, when its newest message was received. */
function newestOf(root: ThreadNode): ReadonlyMap<ThreadNode, number> {
  const newest = new Map<ThreadNode, number>()
  for (const node of descendants(root).reverse()) {
    let latest = node.message?.received ?? 0
    for (const child of node.children) latest = Math.max(latest, newest.get(child) ?? 0)
    newest.set(node, latest)
  }
  return newest
}

/** Parents before children, without recursion: a thread may be as deep as the mailbox is large. */
function descendants(root: ThreadNode): ThreadNode[] {
  const nodes = [root]
  for (let at = 0; at < nodes.length; at++) for (const child of (nodes[at] as ThreadNode).children) nodes.push(child)
  return nodes
}
