/**
 * `facteur webhook`: programs that rules tell of messages.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, type FlagTable, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const settingFlags = {
  keep: {
    type: 'integer',
    value: 'HOURS',
    help: 'with set: how long its links lead to a message that it has taken; 0: no links',
  },
  events: {
    type: 'string',
    value: 'LIST',
    help: 'with set: what it hears of mail from the domain: accepted,delivered,deferred,bounced,complained, or none',
  },
} as const satisfies FlagTable

const flagTable = { ...settingFlags, ...serverFlags }

export const usage = [
  'facteur webhook set DOMAIN NAME URL      make a webhook, or give one another URL and start it again',
  'facteur webhook list DOMAIN',
  'facteur webhook rotate DOMAIN NAME       make a new secret; the one before it signs too until the next change',
  'facteur webhook test DOMAIN NAME         send it an event that says nothing, now',
  'facteur webhook rm DOMAIN NAME',
  '',
  'A rule tells it of messages: { "name": "orders", "when": { "recipient": "orders" }, "do": { "webhook": ["NAME"] } }.',
  'With --events it also hears what becomes of mail that people and programs of the domain send.',
  'What it does not take waits: facteur queue list NAME.DOMAIN.webhook.invalid.',
  '',
  ...describeFlags(flagTable),
].join('\n')

interface Webhook {
  readonly name: string
  readonly url: string
  readonly stopped?: number
  readonly keep: number
  readonly events: readonly string[]
  readonly secret?: string
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, domain, name, url] = positionals
  const client = adminClient(flags)
  const say = (value: unknown, text: string) => console.log(flags.json ? JSON.stringify(value) : text)
  if (domain === undefined) throw new UsageError('say webhook set, list, rotate, test or rm, and the domain.')
  const path = ['domains', domain, 'webhooks']
  if (action === 'list') {
    const webhooks = await client.request<Webhook[]>('GET', path)
    say(
      webhooks,
      table(
        webhooks.map((one) => [
          one.name,
          one.url,
          `kept for ${one.keep} h`,
          one.events.join(),
          one.stopped === undefined ? '' : 'stopped (410)',
        ]),
      ),
    )
  } else if (action === 'set' && name !== undefined && url !== undefined) {
    const made = await client.request<Webhook>('PUT', [...path, name], {
      url,
      ...(flags.keep === undefined ? {} : { keep: flags.keep }),
      ...(flags.events === undefined ? {} : { events: eventsOf(flags.events) }),
    })
    const told = made.secret === undefined ? '' : `\nIts secret, shown this once: ${made.secret}`
    say(made, `${made.name} is at ${made.url}.${told}`)
  } else if (action === 'rotate' && name !== undefined) {
    const made = await client.request<{ secret: string }>('POST', [...path, name, 'rotate'])
    say(made, `The new secret of ${name}, shown this once: ${made.secret}`)
  } else if (action === 'test' && name !== undefined) {
    const { isTaken, problem } = await client.request<{ isTaken: boolean; problem?: string }>('POST', [
      ...path,
      name,
      'test',
    ])
    say({ isTaken, problem }, isTaken ? `${name} took it.` : `${name} did not take it: ${problem}.`)
    return isTaken ? 0 : 1
  } else if (action === 'rm' && name !== undefined) {
    await client.request('DELETE', [...path, name])
    say({}, `${name} is no webhook any more.`)
  } else {
    throw new UsageError(
      'say webhook set DOMAIN NAME URL, list DOMAIN, rotate DOMAIN NAME, test DOMAIN NAME or rm DOMAIN NAME.',
    )
  }
  return 0
}

function eventsOf(text: string): string[] {
  return text === 'none' ? [] : text.split(',').map((event) => event.trim())
}
