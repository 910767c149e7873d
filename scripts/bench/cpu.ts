/**
 * CPU time of a server: its processes and everything below them.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** In milliseconds, as the scheduler counts it for each thread that lives. */
export function cpuMilliseconds(roots: readonly number[]): number {
  return roots.reduce((sum, pid) => sum + ofProcess(pid) + cpuMilliseconds(childrenOf(pid)), 0)
}

function ofProcess(pid: number): number {
  const threads = `/proc/${pid}/task`
  return readdirSync(threads).reduce(
    (sum, thread) => sum + Number(readFileSync(`${threads}/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6,
    0,
  )
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').filter(Boolean).map(Number)
}
