/**
 * Seeds in a row, up to the first that fails: that one is made as small as it gets and told as a story.
 */
import { type Plan, planOf } from './plan.ts'
import { quietTown } from './town.ts'
import { simulate } from './world.ts'

export interface Run {
  failed: boolean
  /** Of a failure: its trace, what is left of its plan, and how to see it again. */
  summary: string
  /** Seeds that were run. */
  seeds: number
}

export async function runSeeds(first: number, count: number, traced = false): Promise<Run> {
  const started = performance.now()
  let steps = 0
  for (let seed = first; seed < first + count; seed++) {
    const plan = planOf(seed)
    const result = await simulate(plan)
    steps += result.steps
    if (result.failure !== undefined) return { failed: true, summary: await story(plan), seeds: seed - first + 1 }
    if (traced) console.log(String(result.trace))
  }
  const each = ((performance.now() - started) / count).toFixed(2)
  const summary = `seeds ${first} to ${first + count - 1}: nothing found in ${steps} events, ${each} ms a seed`
  return { failed: false, summary, seeds: count }
}

async function story(plan: Plan): Promise<string> {
  const small = await shrink(plan)
  const { trace, failure } = await simulate(small)
  const left = (['messages', 'dns', 'addresses', 'troubles', 'ambushes', 'blows', 'commands'] as const)
    .map((part) => `  ${part}: ${JSON.stringify(small[part])}`)
    .join('\n')
  const town = small.town === quietTown ? '' : `  town: ${JSON.stringify(small.town)}\n`
  const watchers = `  watchers: ${JSON.stringify(small.watchers)}\n`
  const again = `npm run simulate -- --seed ${plan.seed} --trace`
  return `${String(trace)}\n\nplan, made smaller:\n${town}${watchers}${left}\n\nseed ${plan.seed}: ${String(failure?.stack)}\n\nthe whole seed again: ${again}`
}

/** Leaves out what the failure does not need: messages, faults, moods, one after the other. */
async function shrink(plan: Plan): Promise<Plan> {
  let best = plan
  for (const candidate of reductions(plan)) {
    const smaller = candidate(best)
    if (smaller === undefined) continue
    if ((await simulate(smaller)).failure !== undefined) best = smaller
  }
  return best
}

type Reduction = (plan: Plan) => Plan | undefined

function* reductions(plan: Plan): Generator<Reduction> {
  for (const part of ['troubles', 'ambushes', 'blows', 'commands', 'addresses', 'dns', 'messages'] as const) {
    for (const one of plan[part] as readonly object[]) {
      yield (best) => ({ ...best, [part]: (best[part] as readonly object[]).filter((other) => other !== one) })
    }
  }
  for (const name of Object.keys(plan.watchers)) {
    yield (best) => ({
      ...best,
      watchers: Object.fromEntries(Object.entries(best.watchers).filter(([other]) => other !== name)),
    })
  }
  for (const { name } of plan.peers) {
    yield (best) => ({
      ...best,
      peers: best.peers.map((peer) => (peer.name === name ? { name, plan: { ...peer.plan, moods: [] } } : peer)),
    })
  }
  for (const { token, recipients } of plan.messages) {
    for (const { address } of recipients) {
      yield (best) => {
        const messages = best.messages.map((message) =>
          message.token === token
            ? { ...message, recipients: message.recipients.filter((recipient) => recipient.address !== address) }
            : message,
        )
        return messages.some((message) => message.recipients.length === 0) ? undefined : { ...best, messages }
      }
    }
  }
  yield (best) => ({ ...best, breaking: 0 })
  yield (best) => ({ ...best, latency: 0, slowestCommit: 0 })
}
