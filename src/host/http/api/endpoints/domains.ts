/**
 * Hosted domains: what their zones should say, and the keys that sign their mail.
 */
import * as z from 'zod/mini'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { pageOf } from '../page-of.ts'
import { named, paged, text, time } from '../schema.ts'
import { accountShape, aliasShape } from '../shapes.ts'
import type { House } from '../../house.ts'

const tag = 'Domains'
const domain = named('Domain', { name: z.string(), created: time })
const record = {
  name: z.string(),
  type: z.enum(['MX', 'TXT', 'SRV', 'TLSA', 'CNAME']),
  value: z.string(),
  purpose: z.string(),
  required: z.boolean().check(z.describe('Without it mail does not arrive, or is not believed.')),
}
const checkedRecord = named('CheckedRecord', {
  ...record,
  status: z.enum(['found', 'missing', 'different', 'unknown']),
  present: z.array(z.string()).check(z.describe('What the DNS has instead.')),
})
const signingKey = named('SigningKey', {
  name: z.string(),
  selector: z.string(),
  algorithm: z.string(),
  record: z.string(),
  state: z.enum(['next', 'active', 'retired']),
  since: time,
})
const keyQuery = z.strictObject({
  key: z.optional(z.string().check(z.describe("SHA-256 of the mail server's public key, in hex: for TLSA records."))),
})

export function domainEndpoints({ administration }: House): Endpoint[] {
  const { domains, accounts, aliases, signing } = administration
  return [
    endpoint(
      {
        method: 'get',
        path: '/domains',
        summary: 'Hosted domains',
        tag,
        scope: 'domains:read',
        reach: 'work',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(domain),
      },
      async ({ caller, query, request }) => {
        const reached = (await domains.list()).filter(({ name }) => caller.reachesDomain(name))
        return pageOf(reached, ({ name }) => name, query, request)
      },
    ),
    endpoint(
      {
        method: 'post',
        path: '/domains',
        summary: 'Host a domain',
        tag,
        scope: 'domains:write',
        reach: 'work',
        body: z.strictObject({ name: text }),
        status: 201,
        result: z.strictObject({ name: z.string() }),
      },
      async ({ body, caller }) => {
        caller.expectDomain(body.name)
        return domains.add(body)
      },
    ),
    endpoint(
      {
        method: 'delete',
        path: '/domains/{domain}',
        summary: 'Host it no longer; it must have no accounts',
        tag,
        scope: 'domains:write',
        reach: 'path',
        status: 204,
      },
      async ({ path }) => domains.remove(path.domain),
    ),
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/accounts',
        summary: 'Accounts of a domain',
        tag,
        scope: 'accounts:read',
        reach: 'path',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(accountShape),
      },
      async ({ path, query, request }) =>
        pageOf(await accounts.list(path.domain), (account) => account.address, query, request),
    ),
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/aliases',
        summary: 'Aliases of a domain',
        tag,
        scope: 'aliases:read',
        reach: 'path',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(aliasShape),
      },
      async ({ path, query, request }) =>
        pageOf(byAddress(await aliases.list(path.domain)), (alias) => alias.address, query, request),
    ),
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/dns',
        summary: 'What the zone of the domain should say',
        tag,
        scope: 'domains:read',
        reach: 'path',
        query: keyQuery,
        result: z.array(named('ExpectedRecord', record)),
      },
      async ({ path, query }) => domains.records(path.domain, query.key),
    ),
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/dns/check',
        summary: 'The same, and what the DNS says now',
        tag,
        scope: 'domains:read',
        reach: 'path',
        query: keyQuery,
        result: z.array(checkedRecord),
      },
      async ({ path, query }) => domains.checkRecords(path.domain, query.key),
    ),
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/dkim',
        summary: 'Keys that sign, signed, and will sign',
        tag,
        scope: 'domains:read',
        reach: 'path',
        result: z.array(signingKey),
      },
      async ({ path }) => signing.list(path.domain),
    ),
    endpoint(
      {
        method: 'post',
        path: '/domains/{domain}/dkim/rotate',
        summary: 'Next step of a change of keys: make new ones, or put them to use once the DNS has them',
        tag,
        scope: 'domains:write',
        reach: 'path',
        body: z.strictObject({
          now: z.optional(z.boolean().check(z.describe('Put them to use without a look at the DNS.'))),
        }),
        bodyMayBeEmpty: true,
        result: z.strictObject({
          step: z.enum(['made', 'activated', 'waiting']),
          missing: z.array(z.string()),
          keys: z.array(signingKey),
        }),
      },
      async ({ path, body }) => signing.rotate(path.domain, body),
    ),
    endpoint(
      {
        method: 'post',
        path: '/domains/{domain}/dkim/stop',
        summary: 'Sign its mail no more',
        tag,
        scope: 'domains:write',
        reach: 'path',
        status: 204,
      },
      async ({ path }) => signing.stop(path.domain),
    ),
  ]
}

/** In the order in which they are paged. */
export function byAddress<Item extends { readonly address: string }>(items: readonly Item[]): Item[] {
  return items.toSorted((one, other) => (one.address < other.address ? -1 : 1))
}
