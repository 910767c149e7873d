/**
 * A message on its way to a list's members.
 */

export interface NewPost {
  /** The first of From. */
  author: string
  subject: string
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
