/**
 * What an administrator says of a list.
 */

/** Who may write to it: anyone, its members and owners, or its owners alone. */
export type Posting = 'anyone' | 'members' | 'owners'

export interface ListSettings {
  /** `dev@example.org`, canonical. */
  address: string
  /** For people; `''`: the address says it. */
  name: string
  posting: Posting
  /** Where answers go: to who wrote, or to the list. */
  answersTo: 'author' | 'list'
  /** Addresses of the people who look after it; at least one. */
  owners: readonly string[]
}
