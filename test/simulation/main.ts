/**
 * Long runs: `npm run simulate -- --seeds 100000 [--seed 1]`. `--trace` prints what happens in one seed.
 *
 * `--mutation NAME` puts a fault into the rooms. A process is good for some thousand runs; longer ones are done by one process
 * after the other.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { mutate } from './runtime.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    mutation: { type: 'string' },
  },
})
const first = Number(values.seed)
const count = values.trace ? 1 : Number(values.seeds)
const batch = 4_000
if (values.mutation !== undefined) mutate(values.mutation)

if (count > batch) {
  for (let done = 0; done < count; done += batch) {
    const seeds = Math.min(batch, count - done)
    const again = [import.meta.filename, '--seed', String(first + done), '--seeds', String(seeds)]
    const { status } = spawnSync(process.execPath, again, { stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
} else {
  const { runSeeds } = await import('./run.ts')
  const { failed, summary } = await runSeeds(first, count, values.trace)
  console.log(summary)
  if (failed) process.exit(1)
}
