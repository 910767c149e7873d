/**
 * Accounts: made, given passwords, limits and tokens, and removed; and to whom they do not send for now.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { pageOf } from '../page-of.ts'
import { address, count, named, paged, text, time } from '../schema.ts'
import { accountShape } from '../shapes.ts'

const tag = 'Accounts'
const password = z.string().check(z.minLength(8), z.maxLength(1024))
const noContent = { tag, reach: 'path', status: 204 } as const

export function accountEndpoints(house: House): Endpoint[] {
  return [...accountList(house), ...oneAccount(house), ...suppressions(house), ...accountTokens(house)]
}

function accountList({ administration: { accounts } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/accounts',
        summary: 'All accounts',
        tag,
        scope: 'accounts:read',
        reach: 'work',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(accountShape),
      },
      async ({ caller, query, request }) => {
        const reached = (await accounts.list()).filter((one) => caller.reachesAddress(one.address))
        return pageOf(reached, (one) => one.address, query, request)
      },
    ),
    endpoint(
      {
        method: 'post',
        path: '/accounts',
        summary: 'Make an account; without a password one is made and shown once',
        tag,
        scope: 'accounts:write',
        reach: 'work',
        body: z.strictObject({ address, password: z.optional(password), name: z.optional(text) }),
        status: 201,
        result: z.strictObject({ id: z.string(), address, password: z.optional(z.string()) }),
      },
      async ({ body, caller }) => {
        caller.expectAddress(body.address)
        return accounts.add(body)
      },
    ),
  ]
}

function oneAccount({ administration: { accounts } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}',
        summary: 'One account: what it holds, and what is set for it',
        tag,
        scope: 'accounts:read',
        reach: 'path',
        result: named('AccountUsage', {
          id: z.string(),
          address,
          messages: count,
          bytes: count,
          quota: z.optional(count.check(z.describe('Bytes it may hold; absent: no limit.'))),
          rowsWritten: count.check(z.describe('Of its storage, in this life of its object.')),
          sendLimits: z.optional(
            z
              .strictObject({ perHour: count, perDay: count })
              .check(z.describe('Its own; 0: as many as it likes. Absent: as the settings say.')),
          ),
          language: z.optional(z.string().check(z.describe('Of reports to it; absent: as its messages say.'))),
        }),
      },
      async ({ path }) => accounts.show(path.address),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/accounts/{address}',
        summary: 'Remove an account and all its mail',
        scope: 'accounts:write',
        ...noContent,
      },
      async ({ path }) => accounts.remove(path.address),
    ),
    endpoint(
      {
        method: 'put',
        path: '/accounts/{address}/quota',
        summary: 'Limit the bytes an account may hold; null for no limit',
        scope: 'accounts:write',
        ...noContent,
        body: z.strictObject({ bytes: z.nullable(count) }),
      },
      async ({ path, body }) => accounts.setQuota(path.address, body),
    ),
    endpoint(
      {
        method: 'put',
        path: '/accounts/{address}/password',
        summary: 'Set a new password; sessions of the account end',
        scope: 'accounts:write',
        ...noContent,
        body: z.strictObject({ password }),
      },
      async ({ path, body }) => accounts.setPassword(path.address, body),
    ),
    endpoint(
      {
        method: 'put',
        path: '/accounts/{address}/send-limits',
        summary: 'Recipients outside it may send to; 0: as many as it likes, null for both: as the settings say',
        scope: 'accounts:write',
        ...noContent,
        body: z.strictObject({ perHour: z.optional(z.nullable(count)), perDay: z.optional(z.nullable(count)) }),
      },
      async ({ path, body }) => accounts.setSendLimits(path.address, body),
    ),
    endpoint(
      {
        method: 'put',
        path: '/accounts/{address}/language',
        summary: 'In which its people get reports; null or absent: as their messages say',
        scope: 'accounts:write',
        ...noContent,
        body: z.strictObject({ language: z.optional(z.nullable(text)) }),
      },
      async ({ path, body }) => accounts.setLanguage(path.address, body),
    ),
  ]
}

function suppressions({ administration: { accounts } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}/suppressions',
        summary: 'Addresses it does not send to for now: mail came back, or somebody complained',
        tag: 'Suppressions',
        scope: 'suppressions:read',
        reach: 'path',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(
          named('Suppression', {
            address,
            reason: z.enum(['bounced', 'complained']),
            detail: z.string().check(z.describe('What the other side said.')),
            since: time,
            until: z.optional(time.check(z.describe('Absent: until it is removed.'))),
          }),
        ),
      },
      async ({ path, query, request }) => {
        const all = (await accounts.suppressions(path.address)).toSorted((one, other) =>
          one.address < other.address ? -1 : 1,
        )
        return pageOf(all, (one) => one.address, query, request)
      },
    ),
    endpoint(
      {
        method: 'delete',
        path: '/accounts/{address}/suppressions/{target}',
        summary: 'Send there again',
        scope: 'suppressions:write',
        ...noContent,
        tag: 'Suppressions',
      },
      async ({ path }) => accounts.unsuppress(path.address, path.target),
    ),
  ]
}

function accountTokens({ administration: { accounts } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}/tokens',
        summary: "Tokens of the account's person, for JMAP, IMAP and others, without their secrets",
        tag,
        scope: 'accounts:read',
        reach: 'path',
        result: z.array(
          named('AccountToken', { id: z.string(), name: z.string(), created: time, lastUsed: z.optional(time) }),
        ),
      },
      async ({ path }) => accounts.tokens(path.address),
    ),
    endpoint(
      {
        method: 'post',
        path: '/accounts/{address}/tokens',
        summary: 'Make such a token; it is shown once, and stands for the password of the account',
        tag,
        scope: 'accounts:write',
        reach: 'path',
        body: z.strictObject({ name: z.optional(text) }),
        bodyMayBeEmpty: true,
        status: 201,
        result: z.strictObject({ id: z.string(), token: z.string() }),
      },
      async ({ path, body }) => accounts.addToken(path.address, body),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/accounts/{address}/tokens/{id}',
        summary: 'Revoke it',
        scope: 'accounts:write',
        ...noContent,
      },
      async ({ path }) => accounts.deleteToken(path.address, path.id),
    ),
  ]
}
