/**
 * A message on its way to a list's members.
 *
 * Standards: RFC 5322 §3.6.4 (Message-ID).
 */
import type { Header } from '../format/index.ts'

const longestOrigin = 1_000

export interface NewPost {
  /** The first of From. */
  author: string
  subject: string
  /** By which it is recognised when it comes again; absent: it cannot be. */
  origin?: string | undefined
  raw: Uint8Array
}

/** How far it has come. */
export interface Progress {
  /** Members up to this id have had their turn. */
  reached: number
  /** Ids of those among them who are to be tried again. */
  late: readonly number[]
  /** Copies that were taken, by a mailbox here or by a queue. */
  sent: number
  /** Members to whom it cannot be sent. */
  refused: number
}

export interface Post extends Progress {
  id: number
  author: string
  subject: string
  /** Milliseconds since the epoch, as `done`. */
  received: number
  size: number
  /** The newest member when it came. */
  last: number
  done?: number
}

/** The same message that came by another way, or whose sender did not hear our answer; undefined: it tells no name. */
export function originOf(header: Header): string | undefined {
  const id = header.first('Message-ID')?.trim() ?? ''
  // Programs that give all their mail one name do not give it one date.
  const origin = `${id} ${header.first('Date')?.trim() ?? ''}`
  return id === '' || origin.length > longestOrigin ? undefined : origin
}
