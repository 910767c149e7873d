/**
 * The MIME part tree: what a message consists of and where each piece lies in its octets.
 *
 * Standards: RFC 2045, RFC 2046, RFC 2183 (disposition), RFC 9051 §6.4.5.1 (part numbers).
 */
import type { Header } from './header.ts'
import type { RawParameter } from './parameter.ts'

/** `Content-Disposition`; type in lower case. */
export interface Disposition {
  type: string
  parameters: Record<string, string>
}

/**
 * One node of the tree without its header: what is stored beside a message, so that no reader must parse it again.
 * All offsets are absolute octet positions in the raw message.
 */
export interface StoredPart {
  /** IMAP part number such as `2.1`; '' for a multipart that is the root of a message, which has none. */
  path: string
  /** Lower case, e.g. `text`. */
  type: string
  /** Lower case, e.g. `plain`. */
  subtype: string
  /** Names in lower case, values decoded (RFC 2231, and RFC 2047 where senders put it). */
  parameters: Record<string, string>
  /** Content-Transfer-Encoding in lower case; `7bit` when there is none. */
  encoding: string
  disposition?: Disposition
  /** Without the angle brackets. */
  contentId?: string
  /** Decoded. */
  description?: string
  md5?: string
  language?: string[]
  location?: string
  headerStart: number
  bodyStart: number
  bodyEnd: number
  /** Lines of the body; a last line without line end counts. 0 where IMAP does not ask (neither text nor message). */
  lines: number
  /** Octets of the body once the transfer encoding is undone (RFC 8621 §4.1.4 `size`). */
  size: number
  /** The parts of a multipart; empty for anything else. */
  children: StoredPart[]
  /** The nested message of a message/rfc822 or message/global part. */
  message?: StoredPart
}

/** A node as the parser gives it, with its header. */
export interface Part extends StoredPart {
  header: Header
  /** Content-Type parameters as written: for IMAP. */
  typeParameters: readonly RawParameter[]
  /** Content-Disposition parameters as written: for IMAP. */
  dispositionParameters: readonly RawParameter[]
  children: Part[]
  message?: Part
}

/** All nodes, depth first, a node before its children, nested messages included: the index is a part's stable number. */
export function allParts<Node extends StoredPart>(root: Node): Node[] {
  const nodes: Node[] = []
  const visit = (node: Node): void => {
    nodes.push(node)
    for (const child of node.children) visit(child as Node)
    if (node.message) visit(node.message as Node)
  }
  visit(root)
  return nodes
}

/** The part with that IMAP part number, nested messages included; undefined when there is none. */
export function partAt<Node extends StoredPart>(root: Node, path: string): Node | undefined {
  return path === '' ? root : allParts(root).find((node) => node.path === path)
}
