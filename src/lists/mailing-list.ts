/**
 * A distribution list: takes posts, returned mail and farewells, and brings each post to every member once.
 *
 * A post is durable here before it is answered with 250. From then on the list hands a copy for each member over, as a message
 * of its own that comes back to an address of its own; what is handed over is noted after each handful, so that a crash in
 * between sends at most that handful twice.
 *
 * Standards: RFC 5321 §3.9.2 (lists: a reverse-path of their own), RFC 2369, RFC 2919, RFC 8058.
 */
import { decodeHeaderText, flattenAddresses, isAsciiText, parseAddressList, parseHeader } from '../format/index.ts'
import type { MailboxDelivery, MailboxOutcome } from '../delivery/index.ts'
import type { Envelope, Reply } from '../protocol/smtp/index.ts'
import { afterBounce, loop, readBounce } from './bounce.ts'
import { authorDomain, hasHoldingSignature } from './holding-signature.ts'
import type { ListSettings } from './list-settings.ts'
import { type ListStore, mostMembers } from './list-store.ts'
import { hasListFields, type ListedMessage, listedMessage } from './listed-message.ts'
import { refusePost } from './may-post.ts'
import { type Member, memberToken } from './member.ts'
import { bounceNotice } from './notice.ts'
import type { ListPorts } from './ports.ts'
import { originOf, type Post, type Progress } from './post.ts'

/** Copies handed over at once, fewer of large messages: what a crash may send twice. */
const handful = 8
/** Octets of copies in memory at once. */
const copyBudget = 16 * 1024 * 1024
/** In one event; then others have their turn. */
const mostInRun = 64
const retryAfter = 5 * 60_000
/** As long as mail waits elsewhere. */
const lifetime = 5 * 24 * 3_600_000

const gone: MailboxOutcome = {
  status: 'deferred',
  reply: { code: 450, enhanced: '4.2.1', text: 'The list is being removed or moved' },
}

export class MailingList {
  readonly #store: ListStore
  readonly #ports: ListPorts
  /** When a post has its next turn, if that is not now, and how many late members that is for. */
  readonly #retries = new Map<number, { at: number; left: number }>()
  /** How far posts have come whose progress could not be written down: what was handed over is not handed over again. */
  readonly #unwritten = new Map<number, Progress>()

  constructor(store: ListStore, ports: ListPorts) {
    this.#store = store
    this.#ports = ports
  }

  /** One outcome for each, in order. What is `delivered` is durable. */
  deliver(batch: readonly MailboxDelivery[]): MailboxOutcome[] {
    return batch.map((delivery) => {
      const list = this.#store.settings
      if (list === undefined) return gone
      const refused = this.#take(list, delivery)
      if (refused === undefined) return { status: 'delivered' }
      return { status: refused.code < 500 ? 'deferred' : 'bounced', reply: refused }
    })
  }

  /** When there is something to do, in milliseconds since the epoch; undefined: nothing. */
  nextWakeup(): number | undefined {
    if (this.#store.settings === undefined) return undefined
    const turns = this.#store.postsUnderWay().map((post) => this.#turnOf(post))
    return turns.length === 0 ? undefined : Math.min(...turns)
  }

  /** Brings a post to the next members. */
  async run(): Promise<void> {
    const list = this.#store.settings
    const now = this.#ports.clock()
    const due = list === undefined ? undefined : this.#due(now)
    if (list === undefined || due === undefined) return
    const post = { ...due, ...this.#unwritten.get(due.id) }
    try {
      if (this.#unwritten.has(post.id)) this.#note(post, post)
      await this.#bring(list, post, now)
    } catch (error) {
      // Others are not to wait for a message that we cannot cope with.
      this.#ports.log('list post failed', { list: list.address, post: post.id, error: String(error) })
      if (now - post.received < lifetime) this.#retries.set(post.id, { at: now + retryAfter, left: post.late.length })
      else this.#end(list, post, post)
    }
  }

  async #bring(list: ListSettings, post: Post, now: number): Promise<void> {
    const raw = this.#store.raw(post)
    const message = listedMessage(raw, { list, renamed: await this.#isRenamed(list, raw), webUrl: this.#ports.webUrl })
    const isFirst = post.reached < post.last
    const turn = isFirst ? 0 : (this.#retries.get(post.id)?.left ?? post.late.length)
    const progress = isFirst ? await this.#goOn(list, post, message) : await this.#again(list, post, message, turn)
    const { late } = progress
    if (progress.reached < post.last) this.#retries.delete(post.id)
    else if (late.length > 0 && turn > mostInRun) this.#retries.set(post.id, { at: now, left: turn - mostInRun })
    else if (late.length > 0 && now - post.received < lifetime) {
      this.#retries.set(post.id, { at: now + retryAfter, left: late.length })
    } else this.#end(list, post, progress)
  }

  /** True when the token was a member's, who is none any more. */
  unsubscribe(token: string): boolean {
    const member = this.#store.settings === undefined ? undefined : this.#store.memberOf(token)
    if (member === undefined) return false
    this.#store.remove(member.id)
    this.#ports.log('list member left', { list: this.#store.settings?.address, member: member.id })
    return true
  }

  #take(list: ListSettings, { raw, reversePath, junk, list: role, detail = '' }: MailboxDelivery): Reply | undefined {
    switch (role) {
      case 'bounces':
        return this.#returned(list, raw, detail)
      case 'unsubscribe':
        if (this.unsubscribe(detail)) return undefined
        return no('Leave the list by the address or the link in the header of a message that you got from it')
      default: {
        const { header } = parseHeader(raw)
        const isMember = (key: string) => this.#store.memberAt(key) !== undefined
        const refused = refusePost(list, { header, reversePath, junk, isMember })
        if (refused !== undefined) return refused
        const author = flattenAddresses(parseAddressList(header.first('From') ?? ''))[0]?.address ?? reversePath
        const subject = decodeHeaderText(header.first('Subject') ?? '').slice(0, 200)
        const origin = originOf(header)
        if (origin !== undefined && this.#store.hasPost(origin)) {
          this.#ports.log('list post known', { list: list.address, author })
          return undefined
        }
        const id = this.#store.addPost({ author, subject, origin, raw }, this.#ports.clock())
        if (id !== undefined) return undefined
        return { code: 452, enhanced: '4.2.2', text: 'Too many messages wait for the members of this list' }
      }
    }
  }

  #returned(list: ListSettings, raw: Uint8Array, token: string): Reply | undefined {
    const member = this.#store.memberOf(token)
    if (member === undefined) return no('No such member')
    const bounce = readBounce(raw)
    if (bounce.kind === 'none') return no('This address takes delivery reports only')
    if (bounce.kind === 'failed') this.#bounced(list, member, bounce.cause)
    return undefined
  }

  #bounced(list: ListSettings, member: Member, cause: string): void {
    const after = afterBounce(member, cause, this.#ports.clock())
    this.#store.noteBounce(after)
    if (after.state === member.state) return
    this.#ports.log('list member bounces', { list: list.address, member: member.id, cause })
    const notice = bounceNotice(list, after, this.#ports)
    // The owners can see it in the list of members too: the notice is worth one try.
    void this.#ports.send(notice.envelope, notice.raw).catch((error: unknown) => {
      this.#ports.log('list notice failed', { list: list.address, error: String(error) })
    })
  }

  /** Members who have not had a turn. */
  async #goOn(list: ListSettings, post: Post, message: ListedMessage): Promise<Progress> {
    let progress: Progress = post
    const atOnce = atOnceOf(post)
    for (let left = mostInRun; left > 0; left -= atOnce) {
      const members = this.#store.receivers(progress.reached, post.last, atOnce)
      // Nobody is left: who was a member when it came may be none any more.
      const reached = members.length < atOnce ? post.last : (members.at(-1) as Member).id
      progress = await this.#hand(list, post, members, message, { ...progress, reached })
      if (reached === post.last) break
    }
    return progress
  }

  /** Members whose copies could not be handed over: the first so many of them, and no more than fit in a run. */
  async #again(list: ListSettings, post: Post, message: ListedMessage, most: number): Promise<Progress> {
    let progress: Progress = post
    const late = post.late.slice(0, Math.min(most, mostInRun))
    const atOnce = atOnceOf(post)
    for (let at = 0; at < late.length; at += atOnce) {
      const turn = late.slice(at, at + atOnce)
      const members = turn.flatMap((id) => this.#store.member(id) ?? []).filter(({ state }) => state === 'active')
      const rest = { ...progress, late: progress.late.filter((id) => !turn.includes(id)) }
      progress = await this.#hand(list, post, members, message, rest)
    }
    return progress
  }

  /** The progress after those members' turn is written down before anything else is. */
  async #hand(
    list: ListSettings,
    post: Post,
    members: readonly Member[],
    message: ListedMessage,
    before: Progress,
  ): Promise<Progress> {
    const late = [...before.late]
    let { sent, refused } = before
    const bounced: [Member, string][] = []
    const replies = await Promise.all(members.map((member) => this.#send(list, member, message)))
    for (const [index, member] of members.entries()) {
      const { code, enhanced, text } = replies[index] as Reply
      if (code < 300) sent++
      else if (code < 500) late.push(member.id)
      else {
        refused++
        if (enhanced !== loop) bounced.push([member, [text].flat().join(' ')])
      }
    }
    const progress = { ...before, late, sent, refused }
    this.#note(post, progress)
    for (const [member, cause] of bounced) this.#bounced(list, member, cause)
    return progress
  }

  #note({ id }: Post, { reached, late, sent, refused }: Progress): void {
    const progress = { reached, late, sent, refused }
    this.#unwritten.set(id, progress)
    this.#store.progress(id, progress)
    this.#unwritten.delete(id)
  }

  async #send(list: ListSettings, member: Member, { copyFor, smtputf8, body }: ListedMessage): Promise<Reply> {
    const at = list.address.lastIndexOf('@')
    const token = memberToken(member)
    const envelope: Envelope = {
      reversePath: `${list.address.slice(0, at)}-bounces+${token}${list.address.slice(at)}`,
      smtputf8: smtputf8 || !isAsciiText(member.address),
      body,
      recipients: [{ address: member.address, notify: ['FAILURE'] }],
    }
    try {
      return await this.#ports.send(envelope, copyFor(token))
    } catch (error) {
      this.#ports.log('list copy failed', { list: list.address, member: member.id, error: String(error) })
      return { code: 451, enhanced: '4.3.0', text: 'A fault of ours' }
    }
  }

  /** Who has not got it until now never will. */
  #end(list: ListSettings, post: Post, progress: Progress): void {
    const { reached, refused } = progress
    const late = [...progress.late, ...this.#store.receivers(reached, post.last, mostMembers).map(({ id }) => id)]
    if (late.length > 0) {
      this.#ports.log('list copies given up', { list: list.address, post: post.id, members: late })
      this.#store.progress(post.id, { ...progress, reached: post.last, late: [], refused: refused + late.length })
    }
    this.#retries.delete(post.id)
    this.#store.finish(post.id, this.#ports.clock())
  }

  #turnOf({ id }: Post): number {
    return this.#retries.get(id)?.at ?? 0
  }

  /** What has waited longest: late members of one post do not hold up another. */
  #due(now: number): Post | undefined {
    const [first] = this.#store.postsUnderWay().toSorted((one, other) => this.#turnOf(one) - this.#turnOf(other))
    return first === undefined || this.#turnOf(first) > now ? undefined : first
  }

  async #isRenamed(list: ListSettings, raw: Uint8Array): Promise<boolean> {
    const { header } = parseHeader(raw)
    const domain = authorDomain(header)
    if (domain === undefined) return true
    // A Reply-To of the list's, and its fields in place of others, are changes that many signatures would not survive.
    const isIntact = list.answersTo === 'author' && !hasListFields(header)
    if (isIntact && hasHoldingSignature(header, domain, this.#ports.authservId)) return false
    return !(await this.#ports.isHosted(domain))
  }
}

function atOnceOf({ size }: Post): number {
  return Math.max(1, Math.min(handful, Math.floor(copyBudget / Math.max(1, size))))
}

function no(text: string): Reply {
  return { code: 550, enhanced: '5.7.1', text }
}
