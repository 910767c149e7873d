/**
 * What rules and aliases of a domain cost a message that comes in.
 */
import { cpuMilliseconds } from './cpu.ts'
import type { BenchServer } from './server.ts'
import { ingest, percentile } from './smtp.ts'

const count = 1_000
const sessions = 8
const recipients = Array.from({ length: 10 }, (_, index) => `u${index}@bench.test`)
const mostAtOnce = 16

interface Load {
  readonly name: string
  readonly rules: readonly object[]
}

/** None of the thousand fits, so that each is asked. */
const loads: readonly Load[] = [
  { name: 'no rules', rules: [] },
  { name: '1,000 rules by recipient', rules: thousand((index) => ({ recipient: `nobody${index}` })) },
  { name: '1,000 rules by a pattern of the sender', rules: thousand((index) => ({ sender: `news-*@l${index}.test` })) },
  {
    name: '1,000 rules by what a header field contains',
    rules: thousand((index) => ({ header: { name: 'Subject', value: `*invoice ${index}*` } })),
  },
]

/** The loads in turn, so that a busy minute is one for all; the medians of the rounds. The first round is not counted. */
export async function measureRouting(server: BenchServer, rounds: number): Promise<string[][]> {
  const times = loads.map((): number[] => [])
  const aliased = loads.map((): number[] => [])
  for (const [kept, aliases] of [
    [times, 0],
    [aliased, 10_000],
  ] as const) {
    await makeAliases(server, aliases)
    for (let round = 0; round <= rounds; round++) {
      for (const [index, { rules }] of loads.entries()) {
        await server.administer('PUT', 'domains/bench.test/rules', { rules })
        const cpu = await cpuOfMessage(server)
        if (round > 0) kept[index]?.push(cpu)
      }
    }
  }
  await server.administer('PUT', 'domains/bench.test/rules', { rules: [] })
  return loads.flatMap(({ name }, index) => [
    [`SMTP accept, 4 KB, 10 mailboxes, ${sessions} sessions, ${name}`, shown(times[index] ?? [])],
    [`the same beside 10,000 aliases`, shown(aliased[index] ?? [])],
  ])
}

async function cpuOfMessage(server: BenchServer): Promise<number> {
  const port = server.port('SMTP')
  await ingest(port, recipients, sessions, 100, 4_096)
  const before = cpuMilliseconds([server.pid])
  await ingest(port, recipients, sessions, count, 4_096)
  return (cpuMilliseconds([server.pid]) - before) / count
}

async function makeAliases(server: BenchServer, wanted: number): Promise<void> {
  let next = 0
  const maker = async (): Promise<void> => {
    while (next < wanted)
      await server.administer('PUT', `aliases/alias${next++}@bench.test`, { targets: ['u0@bench.test'] })
  }
  await Promise.all(Array.from({ length: mostAtOnce }, maker))
}

function thousand(when: (index: number) => object): object[] {
  return Array.from({ length: 1_000 }, (_, index) => ({
    name: `rule ${index}`,
    when: when(index),
    do: { tag: ['$bench'] },
  }))
}

function shown(cpu: readonly number[]): string {
  const sorted = cpu.toSorted((a, b) => a - b)
  return `server CPU ${percentile(sorted, 0.5).toFixed(2)} ms (${percentile(sorted, 0).toFixed(2)} to ${percentile(sorted, 1).toFixed(2)})`
}
