/**
 * The operator's commands to queues, as `facteur queue` gives them.
 */
import type { DurableObjectOfTest } from './durable-object.ts'
import type { ObjectHouse } from './object-house.ts'
import type { Command } from './plan.ts'
import { readQueue } from './queue-view.ts'
import type { Scene } from './scene.ts'

const methods: Readonly<Record<Command['what'], string>> = {
  hold: 'hold',
  release: 'release',
  'release-all': 'release',
  retry: 'retry',
  'retry-all': 'retry',
  delete: 'remove',
}

export function operate({ what, domain, nth }: Command, house: ObjectHouse, scene: Scene): void {
  for (const queue of house.all) {
    // A destination may have several.
    if (queue.kind !== 'QUEUE' || queue.name.split('~', 1)[0] !== domain) continue
    command(queue, { what, nth }, scene)
  }
}

function command(
  queue: DurableObjectOfTest,
  { what, nth }: Pick<Command, 'what' | 'nth'>,
  { trace, ledger }: Scene,
): void {
  const entries = readQueue(queue.database)
  const chosen =
    what === 'release-all' ? entries.filter(({ status }) => status === 'held') : entries.slice(nth, nth + 1)
  for (const { id, token, recipients } of chosen) {
    trace.note(`operator: ${what} ${token} (${id}) of ${queue.name}`)
    const ended = (): void => {
      if (what !== 'delete') return
      const addresses = recipients.map(({ address }) => address)
      ledger.silenced(token, addresses, 'deleted by the operator')
    }
    queue.call(methods[what], what === 'retry-all' ? [] : [id], {
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
