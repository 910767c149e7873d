/**
 * The operator's commands to queues, as `facteur queue` gives them.
 */
import type { DurableObjectOfTest } from './durable-object.ts'
import { eventName, hookOf, isHookQueue } from './event-ledger.ts'
import { hookSecret } from './hook-receiver.ts'
import type { ObjectHouse } from './object-house.ts'
import type { Command } from './troubles.ts'
import { readQueue } from './queue-view.ts'
import type { Scene } from './scene.ts'

const methods: Readonly<Record<Exclude<Command['what'], 'start-hook'>, string>> = {
  hold: 'hold',
  release: 'release',
  'release-all': 'release',
  retry: 'retry',
  'retry-all': 'retry',
  delete: 'remove',
}

export function operate({ what, domain, nth }: Command, house: ObjectHouse, scene: Scene): void {
  if (what === 'start-hook') return startHook(domain, house, scene)
  for (const queue of house.all) {
    // A destination may have several, and share them with others.
    const name = queue.name.split('~', 1)[0]
    if (queue.kind === 'QUEUE' && (name === '' || name === domain)) command(queue, { what, nth, domain }, scene)
  }
}

function command(
  queue: DurableObjectOfTest,
  { what, nth, domain }: { what: keyof typeof methods; nth: number; domain: string },
  { trace, ledger }: Scene,
): void {
  const entries = readQueue(queue.database).filter((entry) => entry.domain === domain)
  const chosen =
    what === 'release-all' ? entries.filter(({ status }) => status === 'held') : entries.slice(nth, nth + 1)
  for (const { id, token, raw, status, recipients, event, news } of chosen) {
    trace.note(`operator: ${what} ${token} (${id}) of ${queue.name}`)
    // What has been told may be told again.
    if (what === 'release' && isHookQueue(domain) && event === undefined)
      ledger.excuse(eventName(token, hookOf(domain)), 'released')
    // What could not be delivered is routed once more, and rules copy it once more.
    if (what === 'release' && status === 'frozen') ledger.excuse(token, 'released')
    if (what === 'delete') ledger.abandoned(id)
    const ended = (): void => {
      if (what !== 'delete') return
      if (event !== undefined) return ledger.watch.deleted(hookOf(domain), event)
      const isOver = recipients.every(({ state, owed }) => state !== 'waiting' && owed === undefined)
      ledger.watch.dropped(token, id, isOver ? news : [])
      if (isHookQueue(domain)) return ledger.untold(token, domain)
      // A report that was there a moment ago has told what it had to tell.
      ledger.report(raw)
      const addresses = recipients.map(({ address }) => address)
      ledger.silenced(token, addresses, 'deleted by the operator')
    }
    queue.call(methods[what], [what === 'retry-all' ? {} : id, domain], {
      answered: (value) => {
        if (Number(value) === 1) ended()
      },
      failed: (error) => {
        trace.note(`operator: ${error.message}`)
        // The answer is lost; the entry may be, too, as it was to be.
        ended()
      },
    })
  }
}

/** One that has said that it is gone gets another chance. */
function startHook(queue: string, house: ObjectHouse, { trace }: Scene): void {
  const [name = ''] = queue.split('.', 1)
  house.object('DOMAIN', 'facteur.test').call('setWebhook', [name, { url: hookUrl(name) }, hookSecret], {
    answered: () => trace.note(`operator: ${name} is started`),
    failed: (error) => trace.note(`operator: ${error.message}`),
  })
}

export function hookUrl(name: string): string {
  return `https://hooks.test/${name}`
}
