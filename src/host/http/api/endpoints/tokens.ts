/**
 * API tokens: made with what they may do, listed without their secrets, revoked.
 *
 * Security: whoever makes a token gives away no more than they have: neither scopes, nor parts of the house.
 */
import * as z from 'zod/mini'
import { domainName, hostedAddress } from '../../../../access/admin/index.ts'
import { allScopes, type NewApiToken, scopes } from '../../../../access/api/index.ts'
import type { House } from '../../house.ts'
import type { Caller } from '../caller.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { ApiFault, type Place, wrongIn } from '../fault.ts'
import { address, count, named, text, time } from '../schema.ts'

const tag = 'Tokens'
const scopeTable = allScopes.map((scope) => `\`${scope}\`: ${scopes[scope]}`).join('; ')
const scope = z
  .enum(allScopes as [(typeof allScopes)[number], ...typeof allScopes])
  .check(z.meta({ id: 'Scope', description: `${scopeTable}.` }))
const facts = {
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  domains: z.array(z.string()).check(z.describe('Only these, with all that is in them.')),
  accounts: z.array(address).check(z.describe('Only these; where neither are named, the whole house.')),
  perMinute: count.check(z.describe('Requests a minute; 0: as many as it likes.')),
  created: time,
  expires: z.optional(time),
  lastUsed: z.optional(time.check(z.describe('To a few minutes.'))),
}
const usualPerMinute = 6_000

export function tokenEndpoints(house: House): Endpoint[] {
  const { api } = house
  return [
    endpoint(
      {
        method: 'get',
        path: '/tokens',
        summary: 'API tokens, without their secrets',
        tag,
        scope: 'tokens:read',
        reach: 'house',
        result: z.array(named('ApiToken', facts)),
      },
      async () => api.tokens(),
    ),
    endpoint(
      {
        method: 'post',
        path: '/tokens',
        summary: 'Make an API token; it is shown once',
        tag,
        scope: 'tokens:write',
        reach: 'work',
        body: z.strictObject({
          name: text.check(z.minLength(1)),
          scopes: z.array(scope).check(z.minLength(1), z.maxLength(allScopes.length)),
          domains: z.optional(z.array(text).check(z.maxLength(100))),
          accounts: z.optional(z.array(address).check(z.maxLength(100))),
          perMinute: z.optional(count.check(z.lte(10_000_000))),
          expires: z.optional(time),
        }),
        status: 201,
        result: z.strictObject({ ...facts, token: z.string() }).check(z.meta({ id: 'NewApiToken' })),
      },
      async ({ body, caller }) => {
        const { name, domains = [], accounts = [], perMinute = usualPerMinute, expires } = body
        const wanted = {
          name,
          scopes: [...new Set(body.scopes)],
          domains: domains.map((one, at) => domainName(one, `domains/${at}`)),
          accounts: accounts.map((one, at) => hostedAddress(one, { place: `accounts/${at}` }).address),
          perMinute,
          ...(expires === undefined ? {} : { expires }),
        }
        expectNoMore(caller, wanted)
        await expectThere(house, wanted)
        const made = await api.addToken(wanted)
        if (made === undefined) throw new ApiFault(409, 'there are too many tokens; revoke some')
        return made
      },
    ),
    endpoint(
      {
        method: 'delete',
        path: '/tokens/{id}',
        summary: 'Revoke it; within a minute nobody takes it any more',
        tag,
        scope: 'tokens:write',
        reach: 'house',
        status: 204,
      },
      async ({ path }) => {
        if (!(await api.removeToken(path.id))) throw new ApiFault(404, 'there is no such token')
      },
    ),
  ]
}

type Wanted = Omit<NewApiToken, 'name'>

/** What is not there is a slip of the pen, which would be noticed late; but a token may be for what it is to make. */
async function expectThere(house: House, wanted: Wanted): Promise<void> {
  const { administration, mail } = house
  const { scopes: granted, domains, accounts, expires = Infinity } = wanted
  const errors: Place[] = []
  if (domains.length > 0 && !granted.includes('domains:write')) {
    const hosted = new Set((await administration.domains.list()).map(({ name }) => name))
    domains.forEach((domain, at) => {
      if (!hosted.has(domain)) errors.push({ pointer: `#/domains/${at}`, detail: 'is not hosted here' })
    })
  }
  if (!granted.some((one) => /^(?:accounts:write|aliases:|lists:)/.test(one))) {
    const ids = await Promise.all(accounts.map((one) => mail.accountOf(one)))
    ids.forEach((id, at) => {
      if (id === undefined) errors.push({ pointer: `#/accounts/${at}`, detail: 'is the address of no account' })
    })
  }
  if (expires <= house.now()) errors.push({ pointer: '#/expires', detail: 'is over already' })
  if (errors.length > 0) throw wrongIn(errors)
}

function expectNoMore(caller: Caller, wanted: Wanted): void {
  for (const one of wanted.scopes) caller.expectScope(one)
  const { token } = caller
  if (token === undefined) return
  if (wanted.domains.length === 0 && wanted.accounts.length === 0) caller.expectHouse()
  for (const domain of wanted.domains) caller.expectDomain(domain)
  for (const one of wanted.accounts) caller.expectAddress(one)
  if (token.expires !== undefined && (wanted.expires ?? Infinity) > token.expires) {
    throw new ApiFault(403, 'a token makes none that outlives it')
  }
  if (token.perMinute > 0 && (wanted.perMinute === 0 || wanted.perMinute > token.perMinute)) {
    throw new ApiFault(403, `a token makes none that may do more than its own ${token.perMinute} requests a minute`)
  }
}
