/**
 * The form of rules, from which docs/rules.schema.json is made too.
 *
 * Limits: what people write and no more; what is in memory for each message should be small.
 */
import * as z from 'zod/mini'
import { mostRules } from '../../../routing/index.ts'
import { address, named } from './schema.ts'

const glob = (about: string) =>
  z.string().check(z.maxLength(320), z.describe(`${about} \`*\` stands for anything, \`?\` for one character.`))
/** RFC 8601 §2.7. */
export const result = z.enum(['pass', 'fail', 'softfail', 'neutral', 'policy', 'none', 'temperror', 'permerror'])
const someResults = (about: string) => z.optional(z.array(result).check(z.minLength(1), z.describe(about)))
const octets = (about: string) => z.optional(z.int().check(z.gte(0), z.describe(about)))

/** What names nothing would hold of every message, which nobody means. */
function saysSomething(...names: readonly string[]) {
  return z.refine<object>((value) => Object.keys(value).length > 0, `must have one of ${names.join(', ')}`)
}

const size = z
  .strictObject({ over: octets('More than so many.'), under: octets('Less than so many.') })
  .check(saysSomething('over', 'under'), z.meta({ description: 'Bytes of the message as it came.', minProperties: 1 }))
const header = z
  .strictObject({
    name: z
      .string()
      .check(
        z.regex(/^[!-9;-~]{1,76}$/, 'must be the name of a header field'),
        z.describe('Name of the field, in any case.'),
      ),
    value: z.optional(glob('The whole value, decoded. Absent: any.')),
  })
  .check(z.describe('A field of the header.'))
const authentication = z
  .strictObject({
    spf: someResults('Whether the client may send for the domain of the envelope sender.'),
    dkim: someResults('A pass, where one signature holds; else what is said of the first.'),
    dmarc: someResults('Whether the author is proven.'),
  })
  .check(
    saysSomething('spf', 'dkim', 'dmarc'),
    z.meta({
      description: 'One of these results for each method that is named; none where nothing was verified.',
      minProperties: 1,
    }),
  )
const source = z
  .array(z.enum(['smtp', 'email-routing', 'submission', 'internal']))
  .check(
    z.minLength(1),
    z.describe('By which door it came; internal: reports that we write ourselves, and what lists send out.'),
  )

const conditions = (about: string) =>
  z.array(z.lazy((): z.ZodMiniType => condition)).check(z.minLength(1), z.maxLength(100), z.describe(about))

const conditionShape = {
  recipient: z.optional(glob('The local part of the address, without its subaddress.')),
  subaddress: z.optional(glob('What follows the +; empty where there is none.')),
  sender: z.optional(glob('The envelope sender; <> is that of reports.')),
  header: z.optional(header),
  size: z.optional(size),
  authentication: z.optional(authentication),
  source: z.optional(source),
  all: z.optional(conditions('All of these hold.')),
  any: z.optional(conditions('One of these holds.')),
  not: z.optional(z.lazy(() => condition)),
}

export const condition: z.ZodMiniType = z.strictObject(conditionShape).check(
  saysSomething(...Object.keys(conditionShape)),
  z.meta({
    id: 'Condition',
    description:
      'All that is named must hold; of `not`, the contrary. Eight deep at most. A rule without one always fits.',
    minProperties: 1,
  }),
)

/** RFC 5321 §4.2.1: the second digit is 0 to 5. 421 says that the connection ends (§3.8), which it does not. */
const code = z.int().check(
  z.gte(400),
  z.lte(559),
  z.refine((value) => value % 100 < 60 && value !== 421, 'must be 400 to 459 or 500 to 559, and not 421'),
  z.describe('Of SMTP: 400 to 459 or 500 to 559, and not 421; 550 where it is absent.'),
)
const reject = z
  .strictObject({
    code: z.optional(code),
    text: z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(300),
        z.regex(/^[\x20-\x7e]*$/, 'must be one line of ASCII (RFC 5321 §4.2)'),
        z.describe('What the sender reads: one line of ASCII.'),
      ),
  })
  .check(z.describe('Refuse the message.'))

const actionShape = {
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
  discard: z.optional(z.literal(true).check(z.describe('Take the message and drop it.'))),
  relay: z.optional(
    z
      .array(z.string().check(z.maxLength(512)))
      .check(
        z.minLength(1),
        z.maxLength(5),
        z.describe('Ways as routes name them, in the order in which they are tried.'),
      ),
  ),
  copy: z.optional(
    z
      .array(address)
      .check(z.minLength(1), z.maxLength(10), z.describe('Who gets a copy as well; the sender hears nothing of it.')),
  ),
  webhook: z.optional(
    z
      .array(z.string().check(z.maxLength(32)))
      .check(
        z.minLength(1),
        z.maxLength(5),
        z.describe('Webhooks of the domain that are told of the message, besides what becomes of it.'),
      ),
  ),
  tag: z.optional(
    z
      .array(z.string().check(z.minLength(1), z.maxLength(255)))
      .check(z.minLength(1), z.maxLength(20), z.describe('Keywords for the message where it ends.')),
  ),
  file: z.optional(
    z
      .string()
      .check(z.minLength(1), z.maxLength(1_000), z.describe('A mailbox: names apart by /. Made where it is missing.')),
  ),
}
const actions = named(
  'Actions',
  actionShape,
  'What is done with a message. Of redirect, reject, discard and relay a rule has one at most.',
)

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
  $schema: z.optional(z.string().check(z.describe('For editors; it says nothing.'))),
  rules: z.array(rule).check(z.maxLength(mostRules), z.describe('Asked in this order.')),
})

/**
 * What docs/rules.schema.json says. To write it anew:
 * `node -e "console.log(JSON.stringify((await import('./src/host/http/api/rule-shapes.ts')).ruleSchema(), null, 2))"`
 */
export function ruleSchema(): object {
  const schema = z.toJSONSchema(ruleFile, { target: 'draft-2020-12', io: 'input' })
  return { ...schema, title: 'Rules of a domain', description: 'See docs/rules.md.' }
}
