/**
 * CPU time of a server: its processes and everything below them, also of those that have ended.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** The unit of times in /proc/PID/stat (USER_HZ). */
const tickMs = 10

/** In milliseconds: as the scheduler counts it for each thread that lives, by ticks for processes that have ended. */
export function cpuMilliseconds(roots: readonly number[]): number {
  return roots.reduce((sum, pid) => sum + ofTree(pid), 0)
}

function ofTree(pid: number): number {
  try {
    return ofProcess(pid) + cpuMilliseconds(childrenOf(pid))
  } catch (error) {
    // Ended since its parent was asked, who counts it from now on.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return 0
    throw error
  }
}

function ofProcess(pid: number): number {
  const threads = `/proc/${pid}/task`
  return readdirSync(threads).reduce(
    (sum, thread) => sum + Number(readFileSync(`${threads}/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6,
    ofEndedChildren(pid),
  )
}

/** The fields cutime and cstime (proc(5)); the second field, a name, may contain anything. */
function ofEndedChildren(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * tickMs
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').filter(Boolean).map(Number)
}
