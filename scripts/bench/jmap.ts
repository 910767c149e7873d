/**
 * JMAP on small and large mailboxes, here and at a peer in turn, so that both meet the same load of the machine.
 */
import { performance } from 'node:perf_hooks'
import { cpuMilliseconds } from './cpu.ts'
import { JmapClient } from './jmap-client.ts'
import { inboxOf, jmapWork, openInbox, type Work } from './jmap-work.ts'
import { percentile } from './smtp.ts'

/** An account at a server, with a full inbox. */
export interface Measured {
  /** What heads its column: the server, and how many messages. */
  readonly name: string
  readonly url: string
  readonly user: string
  readonly password: string
  /** Processes of the server; none: CPU time is not known. */
  readonly pids: readonly number[]
}

export interface JmapOptions {
  readonly rounds: number
  /** Milliseconds of one round of one row. */
  readonly roundTime: number
  /** Only rows whose name contains one of these. */
  readonly only: readonly string[]
}

class Samples {
  readonly times: number[] = []
  cpu = 0
  wall = 0
}

/** A row for each work, with a cell for each account. */
export async function measureJmap(accounts: readonly Measured[], options: JmapOptions): Promise<string[][]> {
  const clients = await Promise.all(accounts.map(({ url, user, password }) => JmapClient.open(url, user, password)))
  const works: Work[][] = []
  for (const client of clients) works.push(await jmapWork(client))
  const rows: string[][] = []
  for (const [index, { name }] of (works[0] ?? []).entries()) {
    if (options.only.length > 0 && !options.only.some((part) => name.includes(part))) continue
    const samples = accounts.map(() => new Samples())
    for (let round = 0; round < options.rounds; round++) {
      for (const [at, account] of accounts.entries()) {
        await measureRound(works[at]?.[index] as Work, account.pids, samples[at] as Samples, options.roundTime)
      }
    }
    rows.push([name, ...samples.map(cell)])
    console.error(rows.at(-1)?.join(' | '))
  }
  for (const client of clients) client.close()
  return rows
}

/** The first "open inbox" of an account that is not in memory, after the login. */
export async function coldStart({ url, user, password, pids }: Measured): Promise<string> {
  const client = await JmapClient.open(url, user, password)
  const request = client.prepare(openInbox(await inboxOf(client)))
  const cpu = cpuMilliseconds(pids)
  const { milliseconds } = await request()
  client.close()
  return `${digits(milliseconds)} ms, ${digits(cpuMilliseconds(pids) - cpu)} ms CPU`
}

async function measureRound(work: Work, pids: readonly number[], samples: Samples, roundTime: number): Promise<void> {
  if (work.most === Infinity) {
    const request = await work.prepare()
    // What the machine did since the last round is not what is measured.
    for (let warming = 0; warming < 3; warming++) await request()
    const end = performance.now() + roundTime
    const cpu = cpuMilliseconds(pids)
    const start = performance.now()
    await Promise.all(
      Array.from({ length: work.concurrency }, async () => {
        do samples.times.push((await request()).milliseconds)
        while (performance.now() < end)
      }),
    )
    samples.wall += performance.now() - start
    samples.cpu += cpuMilliseconds(pids) - cpu
    return
  }
  const end = performance.now() + roundTime
  for (let left = work.most; left > 0 && performance.now() < end; left--) {
    const request = await work.prepare()
    const cpu = cpuMilliseconds(pids)
    const answer = await request()
    samples.cpu += cpuMilliseconds(pids) - cpu
    samples.wall += answer.milliseconds
    samples.times.push(answer.milliseconds)
    await work.clear?.(answer)
  }
}

/** Median, rate, CPU time of the server for one request. */
function cell({ times, cpu, wall }: Samples): string {
  times.sort((a, b) => a - b)
  const rate = (times.length / wall) * 1000
  const own = cpu > 0 ? `, ${digits(cpu / times.length)} ms CPU` : ''
  return `${digits(percentile(times, 0.5))} ms, ${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)}/s${own}`
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(2))
