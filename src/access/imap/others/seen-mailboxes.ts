/** What a client that watches mailboxes was told of them. */
export interface SeenMailboxes {
  /** The account's counter then. */
  readonly told: number
  readonly mailboxes: readonly (readonly [id: number, name: string, parentId: number | null, isSubscribed: 0 | 1])[]
}
