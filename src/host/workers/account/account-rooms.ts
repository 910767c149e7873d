/**
 * The rooms of one account's object and how they are wired: store, sessions, JMAP, push, what leaves and what is done quietly.
 */
import type { SendingQuestion, SendingVerdict } from '../../../arrival/index.ts'
import type { MessageSender } from '../../../access/api/index.ts'
import { JmapAccess, Outbox } from '../../../access/jmap/index.ts'
import { splitAddress } from '../../../format/index.ts'
import { MailStore } from '../../../mailbox/index.ts'
import { AfterDelivery } from './after-delivery.ts'
import { AccountAlarm } from './account-alarm.ts'
import { AccountHttp } from './account-http.ts'
import { AccountSharing } from './account-sharing.ts'
import { AccountLogins } from './account-logins.ts'
import { accountPush, type AccountPush } from './account-push.ts'
import { BlobCollector } from './blob-collector.ts'
import { EventSockets } from './event-sockets.ts'
import { JmapSockets } from './jmap-sockets.ts'
import { LateReports } from './late-reports.ts'
import { messageSender } from './message-sender.ts'
import { othersPort } from './others-port.ts'
import { masksPort } from './masks-port.ts'
import { ParkedSessions } from './parked-sessions.ts'
import { messageSizeLimits } from './message-size.ts'
import { scryptHasher } from './password-hasher.ts'
import { SessionSockets } from './session-sockets.ts'
import { ownArrivalPorts, submissionPort } from './submission-port.ts'
import { timelinePort } from './timeline-port.ts'
import { tracedArrivals } from './traced-arrivals.ts'
import { QuietWork } from './quiet-work.ts'
import { announcer } from '../announcer.ts'
import { DirectoryClient } from '../directory-client.ts'
import type { AccountDoor } from '../doors.ts'
import type { Env } from '../env.ts'
import { describe, log } from '../log.ts'
import { randomBytes, randomText } from '../random.ts'
import { parkingLot } from '../parking/parking-lot.ts'
import { r2BlobStore } from '../r2-blob-store.ts'
import { settingsOf } from '../settings.ts'
import type { MeteredSql } from '../sql.ts'

const ids = () => randomText(24)
const onFault = (where: string, cause: unknown) => log('error', `jmap: ${where}`, { error: describe(cause) })

export interface AccountRooms {
  readonly store: MailStore
  readonly logins: AccountLogins
  readonly sessions: SessionSockets
  readonly events: EventSockets
  readonly sockets: JmapSockets
  readonly push: AccountPush
  readonly alarm: AccountAlarm
  readonly outbox: Outbox
  readonly lateReports: LateReports
  readonly sender: MessageSender
  readonly jmap: () => Promise<JmapAccess>
  readonly http: AccountHttp
  readonly afterDelivery: AfterDelivery
  readonly collector: BlobCollector
  readonly quiet: QuietWork
  readonly sharing: AccountSharing
}

/** What quiet work does in one go, some 30 ms: emails into the index, messages that the spam filter learns from. */
const emailsOfPiece = 50
const lessonsOfPiece = 20

export interface AccountPlace {
  readonly ctx: DurableObjectState
  readonly env: Env
  /** The account's id. */
  readonly id: string
  readonly sql: MeteredSql
  /** The object itself, for what is said to this very account. */
  readonly self: Pick<AccountDoor, 'deliver' | 'complained'> & {
    sendingVerdict(question: SendingQuestion): SendingVerdict
  }
}

/** Nothing is read or written until somebody comes. */
export function openRooms({ ctx, env, id, sql, self }: AccountPlace): AccountRooms {
  const limits = messageSizeLimits(env)
  const blobs = env.BLOBS === undefined ? undefined : r2BlobStore(env.BLOBS, id, log)
  const alarm = new AccountAlarm(ctx.storage, log)
  const collector = new BlobCollector({ ctx, store: () => store, blobs, wakeAt: (time) => alarm.wakeAt(time), log })
  const store = new MailStore({
    blobs,
    collectSoon: () => collector.soon(),
    sql: sql,
    now: Date.now,
    hasher: scryptHasher,
    random: randomBytes,
    limits: limits.store,
  })
  const account = () => ({ id, address: store.facts.address, name: store.facts.name })
  const logins = new AccountLogins(store, id)
  const people = { people: (names?: readonly string[]) => sharing.ports.people.people(names) }
  const { publicUrl } = settingsOf(env)
  const jmapUrl = publicUrl === undefined ? undefined : `${publicUrl}/jmap/session`
  const others = othersPort({ env, store, account, log })
  const parked = new ParkedSessions({
    lot: parkingLot,
    accountId: id,
    comeFor: (ids) => env.REGISTRY.getByName('registry').comeFor(ids),
    log,
  })
  const sessions = new SessionSockets({
    ctx,
    store,
    account,
    limits: limits.imap,
    people,
    others,
    jmapUrl,
    parked,
    log,
  })
  const arrival = ownArrivalPorts(
    env,
    id,
    (batch) => self.deliver(batch),
    (outside, committed) => self.sendingVerdict({ outside: [...outside], committed }),
  )
  const submit = submissionPort(id, arrival, () => store.facts.language)
  const outbox = new Outbox({ store, submit, clock: Date.now, wakeAt: (time) => alarm.wakeAt(time), onFault })
  alarm.add({ name: 'outbox', nextWakeup: () => outbox.nextWakeup(), run: () => outbox.run() })
  const sender = messageSender({ store, accountId: id, arrival, wakeAt: (time) => alarm.wakeAt(time), log })
  const lateReports = new LateReports({
    accountId: id,
    store,
    directory: arrival.directory,
    announcer: announcer(arrival),
    hostname: arrival.hostname,
    arrivals: tracedArrivals({
      find: async (day, ids) => env.TRACE.getByName(day).find(ids),
      traceDays: settingsOf(env).traceDays,
      clock: Date.now,
    }),
    clock: Date.now,
    log,
  })
  const afterDelivery = new AfterDelivery({
    store,
    account,
    outbox,
    submit: (envelope, raw) => submit.submit(envelope, raw),
    clock: Date.now,
    ids,
    directory: new DirectoryClient(env),
    maskUsed: async (address) => {
      const { localPart, domain } = splitAddress(address) ?? {}
      if (localPart !== undefined && domain !== undefined) await env.DOMAIN.getByName(domain).maskUsed(localPart)
    },
    tell: async (accountId, complaint) =>
      accountId === id ? self.complained(complaint) : env.ACCOUNT.getByName(accountId).complained(complaint),
    returned: (raw) => lateReports.returned(raw),
    waitUntil: (work) => ctx.waitUntil(work),
    log,
  })
  const push = accountPush({ env, accountId: id, store, alarm, log })
  alarm.add({ name: 'blobs', nextWakeup: () => collector.nextWakeup(), run: () => collector.alarm() })
  const waitUntil = (work: Promise<void>) => ctx.waitUntil(work)
  const sharing = new AccountSharing(
    {
      env,
      store,
      account,
      limits: limits.jmap,
      imapLimits: limits.imap,
      alarm,
      ids,
      waitUntil,
      synced: () => ctx.storage.sync(),
      onFault,
      log,
    },
    id,
  )
  let access: JmapAccess | undefined
  // Made on first use: an account that only receives mail does not need it.
  const jmap = () =>
    (access ??= new JmapAccess({
      store,
      account: account(),
      submit,
      outbox,
      limits: limits.jmap,
      clock: Date.now,
      ids,
      push: { service: push.service, changed: () => push.pusher.changed() },
      sharing: sharing.ports,
      masks: masksPort({ env, account: account(), log }),
      timeline: timelinePort(env, Date.now),
      onFault,
    }))
  const readyJmap = async () => {
    await push.service.ready()
    return jmap()
  }
  const events = new EventSockets(ctx, jmap)
  const sockets = new JmapSockets(ctx, readyJmap)
  const http = new AccountHttp({ env, jmap: readyJmap, logins, sessions, events, sockets })
  store.onCommit((commit) => {
    sessions.notify(commit)
    events.notify(commit)
    sockets.notify(commit, () => jmap().stateChange(commit))
    push.pusher.notify(commit)
    sharing.notify(commit)
  })
  const quiet = new QuietWork({
    store,
    piece: async () => (await store.indexPending(emailsOfPiece)) + (await store.spam.learn(lessonsOfPiece)),
    waitUntil,
    log,
  })
  store.onCommit((commit) => {
    store.spam.noteCommit(commit)
    quiet.changed()
  })
  const rooms = { store, logins, sessions, events, sockets, push, alarm, outbox, sender, http, afterDelivery }
  return { ...rooms, lateReports, jmap: readyJmap, collector, quiet, sharing }
}
