/**
 * Reading the mail of an account: a mailbox page by page, a message, its octets, its attachments.
 *
 * Security: what is read came from strangers: text is only text, and files are given out such that no browser runs them.
 */
import * as z from 'zod/mini'
import type { House, MethodCall } from '../../house.ts'
import { type CallResult, callMethods, expectAccount, listOf } from '../account-calls.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { ApiFault, wrongIn } from '../fault.ts'
import {
  bodyProperties,
  messageSummary,
  summaryOf,
  summaryProperties,
  wholeMessage,
  wholeOf,
  wholeProperties,
} from '../message-shapes.ts'
import { page } from '../page-of.ts'

const reading = { tag: 'Reading', scope: 'messages:read', reach: 'path' } as const
const usualPage = 50
const longestValue = 1_000_000
const octets = z.string().check(z.meta({ format: 'binary' }))
const noMessage = 'there is no such message'

export function readingEndpoints(house: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}/messages',
        summary: 'Messages of a mailbox, the newest first',
        ...reading,
        query: z.strictObject({
          mailbox: z.optional(
            z.string().check(z.describe('By role (`inbox`, `sent`, `junk`, …) or id; usually the inbox.')),
          ),
          unread: z.optional(z.literal('true')),
          search: z.optional(z.string().check(z.maxLength(500), z.describe('Words that it has, anywhere.'))),
          after: z.optional(
            z
              .string()
              .check(
                z.regex(/^\d{1,15}\.M\d{1,10}$/, 'is in the Link header of the page before'),
                z.describe('From the Link header of the page before.'),
              ),
          ),
          limit: z.optional(
            z
              .string()
              .check(
                z.regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'must be a number from 1 to 200'),
                z.describe('1 to 200, usually 50.'),
              ),
          ),
        }),
        isPaged: true,
        unrecorded: ['search'],
        result: z.array(messageSummary),
      },
      async ({ path, query, request }) => {
        const accountId = await expectAccount(house, path.address)
        const roles = await mailboxRoles(house, accountId)
        const inMailbox = mailboxOf(roles, query.mailbox ?? 'inbox')
        const limit = Number(query.limit ?? usualPage)
        const filter = {
          inMailbox,
          ...(query.unread === undefined ? {} : { notKeyword: '$seen' }),
          ...(query.search === undefined ? {} : { text: query.search }),
        }
        const found = await pageAfter(house, accountId, filter, limit, query.after)
        const shown = found.map((email) => summaryOf(email, roles))
        const last = shown.length < limit ? undefined : shown.at(-1)
        return page(shown, last === undefined ? undefined : `${last.receivedAt}.${last.id}`, request)
      },
    ),
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}/messages/{id}',
        summary: 'One message: its header, text, HTML, and what is attached',
        ...reading,
        result: wholeMessage,
      },
      async ({ path }) => {
        const accountId = await expectAccount(house, path.address)
        const more = { fetchTextBodyValues: true, fetchHTMLBodyValues: true, maxBodyValueBytes: longestValue }
        const email = await oneEmail(house, accountId, path.id, {
          properties: wholeProperties,
          bodyProperties,
          ...more,
        })
        return wholeOf(email, await mailboxRoles(house, accountId))
      },
    ),
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}/messages/{id}/raw',
        summary: 'The octets of a message, as they came',
        ...reading,
        result: octets,
        resultType: 'message/rfc822',
      },
      async ({ path, request }) => {
        const accountId = await expectAccount(house, path.address)
        const { blobId } = await oneEmail(house, accountId, path.id, { properties: ['blobId'] })
        return house.mail.blob(accountId, blobId as string, { name: `${path.id}.eml`, type: 'message/rfc822' }, request)
      },
    ),
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}/messages/{id}/attachments/{attachment}',
        summary: 'An attachment, decoded',
        ...reading,
        result: octets,
        resultType: 'application/octet-stream',
      },
      async ({ path, request }) => {
        const accountId = await expectAccount(house, path.address)
        const email = await oneEmail(house, accountId, path.id, { properties: ['attachments'], bodyProperties })
        const parts = email['attachments'] as { blobId: string; name: string | null; type: string }[]
        const part = parts.find(({ blobId }) => blobId === path.attachment)
        if (part === undefined) throw new ApiFault(404, 'the message has no such attachment')
        return house.mail.blob(accountId, part.blobId, { name: part.name ?? '', type: part.type }, request)
      },
    ),
  ]
}

/** Roles of the account's mailboxes by their ids; undefined where they have none. */
async function mailboxRoles(house: House, accountId: string): Promise<Map<string, string>> {
  const call = { accountId, ids: null, properties: ['role'] }
  const [got] = await callMethods(house, accountId, [['Mailbox/get', call, '0']])
  return new Map(listOf(got).map(({ id, role }) => [id as string, (role as string | null) ?? (id as string)]))
}

function mailboxOf(roles: ReadonlyMap<string, string>, wanted: string): string {
  const [found] = [...roles].find(([id, role]) => id === wanted || role === wanted.toLowerCase()) ?? []
  if (found === undefined) throw wrongIn([{ parameter: 'mailbox', detail: 'names no mailbox of the account' }])
  return found
}

/** The emails behind the one that the cursor names; where that is gone, behind its time. */
async function pageAfter(
  house: House,
  accountId: string,
  filter: object,
  limit: number,
  after: string | undefined,
): Promise<CallResult[]> {
  const [time, anchor] = after?.split('.') ?? []
  const find = async (more: object, where: object = filter): Promise<CallResult[] | undefined> => {
    const sort = [{ property: 'receivedAt', isAscending: false }]
    const found = { resultOf: 'q', name: 'Email/query', path: '/ids' }
    const calls: MethodCall[] = [
      ['Email/query', { accountId, filter: where, sort, limit, ...more }, 'q'],
      ['Email/get', { accountId, '#ids': found, properties: summaryProperties }, 'g'],
    ]
    const [query, got] = await callMethods(house, accountId, calls)
    if (query?.['type'] === 'anchorNotFound') return undefined
    const emails = new Map(listOf(got).map((email) => [email['id'] as string, email]))
    const ids = (query?.['ids'] ?? []) as string[]
    return ids.map((id) => emails.get(id)).filter((email) => email !== undefined)
  }
  const found = await find(anchor === undefined ? {} : { anchor, anchorOffset: 1 })
  if (found !== undefined) return found
  return (await find({}, { ...filter, before: new Date(Number(time)).toISOString() })) ?? []
}

async function oneEmail(house: House, accountId: string, id: string, wanted: object): Promise<CallResult> {
  if (!/^M\d{1,10}$/.test(id)) throw new ApiFault(404, noMessage)
  const [got] = await callMethods(house, accountId, [['Email/get', { accountId, ids: [id], ...wanted }, '0']])
  const [email] = listOf(got)
  if (email === undefined) throw new ApiFault(404, noMessage)
  return email
}
