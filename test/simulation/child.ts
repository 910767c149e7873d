/**
 * The simulation in a process of its own: its globals and the Worker's classes are nobody else's, and it is faster there.
 */
import { execFile } from 'node:child_process'

const main = new URL('main.ts', import.meta.url).pathname

export function simulateApart(...options: string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...options], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr })
    })
  })
}
