/**
 * Runs the fuzzers for a time: `npm run fuzz -- --seconds 60 --seed 7`. The first failure ends it, with its seed.
 */
import { parseArgs } from 'node:util'
import { LoginFuzz } from './imap-login.ts'
import { SessionFuzz } from './imap-session.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: String(Date.now() % 1e9) } },
})
const until = Date.now() + Number(values.seconds) * 1000
let seed = Number(values.seed)
let runs = 0
for (; Date.now() < until; seed++) {
  const [login, session] = [new LoginFuzz(seed), new SessionFuzz(seed)]
  try {
    for (let turn = 0; turn < 700 && Date.now() < until; turn++, runs++) {
      await session.run()
      if (turn % 10 === 0) login.run()
    }
  } catch (error) {
    console.error(`seed ${seed}:`, error)
    process.exit(1)
  }
}
console.log(`${runs} runs, seeds ${values.seed} to ${seed - 1}: nothing found`)
