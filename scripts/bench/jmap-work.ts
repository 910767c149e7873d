/**
 * What is measured of a JMAP server: the requests of a mail app, each with what has to be done before it, off the clock.
 *
 * Standards: RFC 8621 §2.1 (Mailbox/get), §3.1 (Thread/get), §4.2–4.8 (Email).
 */
import type { Answer, Call, JmapClient } from './jmap-client.ts'
import { mailboxMessage, searched } from './mailbox-messages.ts'

export interface Work {
  readonly name: string
  /** Requests at once. */
  readonly concurrency: number
  /** Most measurements of one round; the clock may end it before. */
  readonly most: number
  /** What goes before a measurement, off the clock; then the request. */
  prepare(): Promise<() => Promise<Answer>>
  /** What goes after, off the clock. */
  clear?(answer: Answer): Promise<void>
}

/** Messages changed, or imported, in one request. */
const bulk = 1000
const uploadLanes = 4
const newestFirst = [{ property: 'receivedAt', isAscending: false }]
const listProperties = [
  'id',
  'blobId',
  'threadId',
  'mailboxIds',
  'keywords',
  'from',
  'to',
  'subject',
  'receivedAt',
  'size',
  'preview',
  'hasAttachment',
]

interface Found {
  readonly ids: string[]
  readonly queryState: string
}

interface Changed {
  readonly newState: string
  readonly notUpdated?: object | null
}

export async function inboxOf(client: JmapClient): Promise<string> {
  const [boxes] = await client.call<[{ list: { id: string; role: string }[] }]>([
    'Mailbox/get',
    { properties: ['role'] },
    'm',
  ])
  return boxes.list.find(({ role }) => role === 'inbox')?.id ?? ''
}

const inboxQueryOf = (inbox: string) => ({ filter: { inMailbox: inbox }, sort: newestFirst, collapseThreads: true })

/** What a mail app asks for when it starts: threads by their newest message, and the mailboxes. */
export const openInbox = (inbox: string): Call[] => [
  ['Email/query', { ...inboxQueryOf(inbox), limit: 50 }, 'q'],
  ['Email/get', { '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' }, properties: listProperties }, 'g'],
  ['Thread/get', { '#ids': { resultOf: 'g', name: 'Email/get', path: '/list/*/threadId' } }, 't'],
  ['Mailbox/get', { ids: null }, 'm'],
]

/** The work on one account, whose inbox is full. */
export async function jmapWork(client: JmapClient): Promise<Work[]> {
  const inbox = await inboxOf(client)
  const inboxQuery = inboxQueryOf(inbox)
  const [newest] = await client.call<[Found]>([
    'Email/query',
    { ...inboxQuery, collapseThreads: false, limit: bulk },
    'q',
  ])
  let turn = 0

  /** Sets or removes $flagged: every call changes every one of the emails. */
  const flag = async (ids: readonly string[]): Promise<Changed> => {
    const value = ++turn % 2 === 1 ? true : null
    const update = Object.fromEntries(ids.map((id) => [id, { 'keywords/$flagged': value }]))
    const [changed] = await client.call<[Changed]>(['Email/set', { update }, 's'])
    if (Object.keys(changed.notUpdated ?? {}).length > 0) throw new Error(JSON.stringify(changed.notUpdated))
    return changed
  }
  const one = newest.ids.slice(10, 11)
  await flag(one)
  // A server that indexes after it has answered may still have work to do.
  const search = client.prepare([['Email/query', { filter: { text: searched.rareWord }, limit: 1 }, 'q']])
  for (let tries = 0; tries < 100 && (await search()).milliseconds > 200; tries++);

  const repeated = (name: string, calls: readonly Call[], concurrency = 1): Work => {
    const request = client.prepare(calls)
    return { name, concurrency, most: Infinity, prepare: () => Promise.resolve(request) }
  }
  const text = (name: string, wanted: string): Work =>
    repeated(`text query, ${name}`, [
      ['Email/query', { filter: { inMailbox: inbox, text: wanted }, sort: newestFirst, limit: 50 }, 'q'],
    ])
  const afterChange = (name: string, before: () => Promise<readonly Call[]>): Work => ({
    name,
    concurrency: 1,
    most: 200,
    prepare: async () => client.prepare(await before()),
  })
  return [
    repeated('open inbox', openInbox(inbox)),
    repeated('open inbox, 8 at once', openInbox(inbox), 8),
    repeated('open inbox, 32 at once', openInbox(inbox), 32),
    text('rare word', searched.rareWord),
    text('common word', searched.commonWord),
    text('phrase', `"${searched.phrase}"`),
    text('two Chinese characters', searched.chinese),
    afterChange('open inbox after one change', async () => {
      await flag(one)
      return openInbox(inbox)
    }),
    afterChange('Email/changes after one change', async () => {
      const [{ state }] = await client.call<[{ state: string }]>(['Email/get', { ids: [] }, 'g'])
      await flag(one)
      return [['Email/changes', { sinceState: state }, 'c']]
    }),
    afterChange('Email/queryChanges after one change', async () => {
      const [{ queryState }] = await client.call<[Found]>(['Email/query', { ...inboxQuery, limit: 50 }, 'q'])
      await flag(one)
      return [['Email/queryChanges', { ...inboxQuery, sinceQueryState: queryState }, 'c']]
    }),
    repeated('Mailbox/get', [['Mailbox/get', { ids: null }, 'm']]),
    afterChange('Mailbox/get after one change', async () => {
      await flag(one)
      return [['Mailbox/get', { ids: null }, 'm']]
    }),
    {
      name: `Email/set, keywords of ${bulk} emails`,
      concurrency: 1,
      most: 20,
      prepare() {
        const value = ++turn % 2 === 1 ? true : null
        const update = Object.fromEntries(newest.ids.map((id) => [id, { 'keywords/bench': value }]))
        return Promise.resolve(client.prepare([['Email/set', { update }, 's']]))
      },
    },
    {
      name: 'upload of a message',
      concurrency: 1,
      most: 200,
      prepare() {
        const { raw } = mailboxMessage(Date.now() + ++turn, bulk)
        return Promise.resolve(() => client.upload(raw))
      },
    },
    importing(client, inbox),
  ]
}

/** Uploads go before, and what was imported is destroyed after. */
function importing(client: JmapClient, inbox: string): Work {
  let serial = Date.now()
  return {
    name: `Email/import of ${bulk}`,
    concurrency: 1,
    most: 2,
    async prepare() {
      const emails: Record<string, object> = {}
      const lane = async (from: number): Promise<void> => {
        for (let index = from; index < bulk; index += uploadLanes) {
          const { body } = await client.upload(mailboxMessage(++serial, bulk).raw)
          const { blobId } = JSON.parse(body.toString()) as { blobId: string }
          emails[`e${index}`] = { blobId, mailboxIds: { [inbox]: true }, receivedAt: '2020-01-01T00:00:00Z' }
        }
      }
      await Promise.all(Array.from({ length: uploadLanes }, (_, index) => lane(index)))
      return client.prepare([['Email/import', { emails }, 'i']])
    },
    async clear({ body }) {
      const { methodResponses } = JSON.parse(body.toString()) as {
        methodResponses: [[string, { created: Record<string, { id: string }>; notCreated?: object | null }, string]]
      }
      const [, { created, notCreated }] = methodResponses[0]
      const ids = Object.values(created).map(({ id }) => id)
      for (let from = 0; from < ids.length; from += 500) {
        await client.call(['Email/set', { destroy: ids.slice(from, from + 500) }, 'd'])
      }
      if (ids.length < bulk) throw new Error(JSON.stringify(notCreated).slice(0, 500))
    },
  }
}
