/**
 * The form of rules, from which docs/rules.schema.json is made too.
 *
 * Limits: what people write and no more; what is in memory for each message should be small.
 */
import * as z from 'zod/mini'
import { address, named } from './schema.ts'

const glob = (about: string) =>
  z.string().check(z.maxLength(320), z.describe(`${about} \`*\` stands for anything, \`?\` for one character.`))
const results = ['pass', 'fail', 'softfail', 'neutral', 'policy', 'none', 'temperror', 'permerror'] as const
const someResults = z.optional(z.array(z.enum(results)).check(z.minLength(1)))

const size = z
  .strictObject({ over: z.optional(z.int().check(z.gte(0))), under: z.optional(z.int().check(z.gte(0))) })
  .check(z.describe('Bytes of the message as it came.'))
const header = z
  .strictObject({
    name: z.string().check(z.regex(/^[!-9;-~]{1,76}$/, 'must be the name of a header field')),
    value: z.optional(glob('The whole value, decoded. Absent: any.')),
  })
  .check(z.describe('A field of the header.'))
const authentication = z
  .strictObject({ spf: someResults, dkim: someResults, dmarc: someResults })
  .check(z.describe('One of these results for each method that is named; none where nothing was verified.'))

const conditions = z.array(z.lazy((): z.ZodMiniType => condition)).check(z.minLength(1), z.maxLength(100))

export const condition: z.ZodMiniType = named('Condition', {
  recipient: z.optional(glob('The local part of the address, without its subaddress.')),
  subaddress: z.optional(glob('What follows the +; empty where there is none.')),
  sender: z.optional(glob('The envelope sender; <> is that of reports.')),
  header: z.optional(header),
  size: z.optional(size),
  authentication: z.optional(authentication),
  source: z.optional(z.array(z.enum(['smtp', 'email-routing', 'submission', 'internal'])).check(z.minLength(1))),
  all: z.optional(conditions),
  any: z.optional(conditions),
  not: z.optional(z.lazy(() => condition)),
})

const reject = z.strictObject({
  code: z.optional(z.int().check(z.gte(400), z.lte(599), z.describe('550 where it is absent.'))),
  text: z.string().check(z.minLength(1), z.maxLength(300), z.regex(/^[^\r\n\0]*$/, 'must be one line')),
})

const actions = named('Actions', {
  redirect: z.optional(
    z
      .array(address)
      .check(
        z.minLength(1),
        z.maxLength(100),
        z.describe('Who gets the message instead; its own address among them keeps it too.'),
      ),
  ),
  reject: z.optional(reject),
  discard: z.optional(z.literal(true)),
  relay: z.optional(
    z
      .array(z.string().check(z.maxLength(512)))
      .check(
        z.minLength(1),
        z.maxLength(5),
        z.describe('Ways as routes name them, in the order in which they are tried.'),
      ),
  ),
  copy: z.optional(z.array(address).check(z.minLength(1), z.maxLength(10))),
  webhook: z.optional(
    z
      .array(z.string().check(z.maxLength(32)))
      .check(
        z.minLength(1),
        z.maxLength(5),
        z.describe('Webhooks of the domain that are told of the message, besides what becomes of it.'),
      ),
  ),
  tag: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(255))).check(z.minLength(1), z.maxLength(20))),
  file: z.optional(
    z
      .string()
      .check(z.minLength(1), z.maxLength(1_000), z.describe('A mailbox: names apart by /. Made where it is missing.')),
  ),
})

export const rule = named('Rule', {
  name: z
    .string()
    .check(z.regex(/^[^\p{Cc}]{1,64}$/u, 'must be 1 to 64 characters'), z.describe('No two are the same.')),
  when: z.optional(condition),
  do: actions,
  stop: z.optional(z.boolean().check(z.describe('Once it fits no further rule is asked.'))),
})

/** What `facteur rule apply` reads. */
export const ruleFile = z.strictObject({
  $schema: z.optional(z.string()),
  rules: z.array(rule),
})

/**
 * What docs/rules.schema.json says. To write it anew:
 * `node -e "console.log(JSON.stringify((await import('./src/host/http/api/rule-shapes.ts')).ruleSchema(), null, 2))"`
 */
export function ruleSchema(): object {
  const schema = z.toJSONSchema(ruleFile, { target: 'draft-2020-12', io: 'input' })
  return { ...schema, title: 'Rules of a domain', description: 'See docs/rules.md.' }
}
