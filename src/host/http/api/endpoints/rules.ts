/**
 * Rules: where the mail of a hosted domain goes.
 *
 * Security: a rule may send mail of the domain to any server in reach of ours; a token for a part of the house leaves such
 * rules as they are.
 */
import * as z from 'zod/mini'
import { largestRules, type Rule, type RuleList } from '../../../../routing/index.ts'
import type { House } from '../../house.ts'
import type { Caller } from '../caller.ts'
import { Answer, endpoint, type Endpoint } from '../endpoint.ts'
import { ApiFault } from '../fault.ts'
import { result, rule } from '../rule-shapes.ts'
import { address, count, named } from '../schema.ts'

const tag = 'Rules'
const version = z.int().check(z.gte(0), z.describe('Changes with every change; 0: there are none.'))
const list = named('RuleList', { version, rules: z.array(rule) })
const resolution = z.looseObject({ kind: z.enum(['route', 'reject']) })

export function ruleEndpoints({ administration: { rules } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/rules',
        summary: 'Rules of a domain, in their order',
        tag,
        scope: 'rules:read',
        reach: 'path',
        result: list,
      },
      async ({ path }) => asAnswered(await rules.list(path.domain)),
    ),
    endpoint(
      {
        method: 'put',
        path: '/domains/{domain}/rules',
        summary: 'Replaces all of them, if they are in the version that is named',
        tag,
        scope: 'rules:write',
        reach: 'path',
        body: z.strictObject({ rules: z.array(rule), version: z.optional(version) }),
        mostBody: 2 * largestRules,
        unrecorded: ['rules'],
        result: list,
      },
      async ({ path, body, caller }) => {
        const wanted = body.rules as Rule[]
        if (caller.isRestricted) expectSameRelays(caller, (await rules.list(path.domain)).rules, wanted)
        const { changes, ...kept } = await rules.replace(path.domain, wanted, body.version)
        return new Answer(asAnswered(kept), {}, undefined, { changes })
      },
    ),
    endpoint(
      {
        method: 'post',
        path: '/domains/{domain}/rules/check',
        summary: 'What would be kept if these were put in their place; nothing is changed',
        tag,
        scope: 'rules:read',
        reach: 'path',
        body: z.strictObject({ rules: z.array(rule) }),
        mostBody: 2 * largestRules,
        isUnaudited: true,
        result: list,
      },
      async ({ path, body, caller }) => {
        const wanted = body.rules as Rule[]
        if (caller.isRestricted) expectSameRelays(caller, (await rules.list(path.domain)).rules, wanted)
        return asAnswered(await rules.check(path.domain, wanted))
      },
    ),
    endpoint(
      {
        method: 'post',
        path: '/rules/test',
        summary: 'What rules would do with a message; nothing is sent',
        tag,
        scope: 'rules:read',
        reach: 'work',
        body: z.strictObject({
          from: z.string().check(z.maxLength(320), z.describe('The envelope sender; <> is that of reports.')),
          to: address,
          source: z.optional(z.enum(['smtp', 'email-routing', 'submission', 'internal'])),
          message: z.optional(z.string().check(z.describe('Its header is enough.'))),
          size: z.optional(count.check(z.describe('Bytes of all of it, where "message" is not.'))),
          authentication: z.optional(
            z.partialRecord(z.enum(['spf', 'dkim', 'dmarc']), result).check(z.describe('What is found out; none.')),
          ),
        }),
        mostBody: 2 * 1024 * 1024,
        isUnaudited: true,
        result: z.strictObject({
          rules: z.array(
            named('ExplainedRule', {
              name: z.string(),
              fits: z.boolean(),
              asked: z.boolean().check(z.describe('False: a rule before it has ended them.')),
              conditions: z.record(z.string(), z.boolean()),
            }),
          ),
          resolution,
        }),
      },
      async ({ body, caller }) => {
        caller.expectDomain(body.to.slice(body.to.lastIndexOf('@') + 1))
        const answer = await rules.test(body, (domain) => caller.reachesDomain(domain))
        return { rules: answer.rules, resolution: { ...answer.resolution } }
      },
    ),
  ]
}

/** The same thing, in the types of its form: what is stored came in by it. */
function asAnswered({ version: current, rules }: RuleList): z.output<typeof list> {
  return { version: current, rules: rules as z.output<typeof rule>[] }
}

function expectSameRelays(caller: Caller, present: readonly Rule[], wanted: readonly Rule[]): void {
  const known = new Set(present.map(({ do: { relay } }) => JSON.stringify(relay)))
  if (wanted.every(({ do: { relay } }) => relay === undefined || known.has(JSON.stringify(relay)))) return
  throw new ApiFault(403, `${caller.name} is for a part of the house, and what mail is relayed to is for all of it`)
}
