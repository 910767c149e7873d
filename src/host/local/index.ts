import type { Log } from '../bridge/node/index.ts'
import type { LocalOptions } from './options.ts'
import type { LocalServer } from './start.ts'

export { announcement } from './announcement.ts'
export { findRunningServer } from './data-directory.ts'
export { LocalHostError } from './failure.ts'
export type { LocalOptions } from './options.ts'
export type { LocalServer } from './start.ts'

/** See start.ts. Loaded when it is called: the bundler and the bridge take their time to load, and most commands never start a server. */
export async function startLocal(options: LocalOptions, log: Log): Promise<LocalServer> {
  const { startLocal: start } = await import('./start.ts')
  return start(options, log)
}
