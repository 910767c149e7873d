/**
 * A member of a list.
 */

/** `bouncing`: nothing is sent there any more, since mail came back; an owner may put it right. */
export type MemberState = 'active' | 'bouncing'

export interface Member {
  /** Grows with every new member, and is never given again. */
  id: number
  /** As it was given. */
  address: string
  /** Proves that whoever has it got mail for this member. */
  secret: string
  state: MemberState
  /** Milliseconds since the epoch. */
  since: number
  /** Days on which mail came back since it last went well for a while. */
  bounces: number
  bounced?: number
  /** What the last returned message said. */
  cause?: string
}

/** In addresses and links: tells the member and proves the right to speak for it. */
export function memberToken({ id, secret }: Pick<Member, 'id' | 'secret'>): string {
  return `${id.toString(36)}-${secret}`
}

export function readMemberToken(token: string): { id: number; secret: string } | undefined {
  const [, id, secret] = /^([0-9a-z]{1,10})-([0-9a-z]{8,64})$/.exec(token.toLowerCase()) ?? []
  return id === undefined || secret === undefined ? undefined : { id: Number.parseInt(id, 36), secret }
}
