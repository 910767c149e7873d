/**
 * Distribution lists: who is on them, and how a message comes to all of them.
 */
export type { ListSettings, Posting } from './list-settings.ts'
export { ListStore, mostMembers } from './list-store.ts'
export { MailingList } from './mailing-list.ts'
export type { Member, MemberState } from './member.ts'
export type { ListPorts } from './ports.ts'
export type { Post } from './post.ts'
