/**
 * The data directory: one server at a time, its secrets, and where a command line finds the running server.
 *
 * Layout: `objects/` (SQLite files of the Durable Objects), `runtime/` (what workerd is started from), `tls/` (self-signed
 * certificate), `secrets.json`, `running.json` while a server runs. Directories are 0700 and files with secrets 0600.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LocalHostError } from './failure.ts'

export interface Secrets {
  /** Shared by the bridge and the Worker. */
  readonly bridgeSecret: string
  /** For the administration API. */
  readonly adminToken: string
  /** Of the demonstration accounts, as long as nobody changes it. */
  readonly demoPassword: string
}

/** What a running server tells the command line on the same machine. */
export interface RunningServer {
  readonly pid: number
  readonly url: string
}

export interface DataDirectory {
  readonly path: string
  readonly objects: string
  readonly runtime: string
  readonly tls: string
  readonly secrets: Secrets
  /** Tells others where the server is. */
  announce(url: string): void
  /** Gives the directory free. Safe to call twice. */
  release(): void
}

/** Takes the directory for this process. Throws LocalHostError when it cannot be written or another server has it. */
export function openDataDirectory(directory: string): DataDirectory {
  const path = resolve(directory)
  const objects = join(path, 'objects')
  const runtime = join(path, 'runtime')
  const tls = join(path, 'tls')
  try {
    for (const folder of [path, objects, tls]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new LocalHostError(`The data directory ${path} cannot be used: ${(error as Error).message}`, { cause: error })
  }
  const running = join(path, 'running.json')
  take(running, path)
  let secrets: Secrets
  try {
    secrets = loadSecrets(join(path, 'secrets.json'))
  } catch (error) {
    rmSync(running, { force: true })
    throw error
  }
  let released = false
  return {
    path,
    objects,
    runtime,
    tls,
    secrets,
    announce: (url) => writeWhole(running, { pid: process.pid, url } satisfies RunningServer),
    release() {
      if (released) return
      released = true
      rmSync(running, { force: true })
    },
  }
}

/** The server that runs on this data directory, with its administration token; undefined when none does. */
export function findRunningServer(directory: string): (RunningServer & { adminToken: string }) | undefined {
  const path = resolve(directory)
  const server = readJson<RunningServer>(join(path, 'running.json'))
  const secrets = readJson<Secrets>(join(path, 'secrets.json'))
  if (server === undefined || secrets === undefined || server.url === '' || !isAlive(server.pid)) return undefined
  return { ...server, adminToken: secrets.adminToken }
}

function take(running: string, path: string): void {
  const claim = JSON.stringify({ pid: process.pid, url: '' })
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      // 'wx' makes the claim atomic: of two servers that start together one gets EEXIST.
      writeFileSync(running, claim, { flag: 'wx', mode: 0o600 })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new LocalHostError(`The data directory ${path} cannot be written: ${(error as Error).message}`, {
          cause: error,
        })
      }
    }
    const holder = readJson<RunningServer>(running)
    if (holder !== undefined && holder.pid !== process.pid && isAlive(holder.pid)) {
      throw new LocalHostError(`Another facteur (process ${holder.pid}) already runs on the data directory ${path}.`)
    }
    rmSync(running, { force: true })
  }
  throw new LocalHostError(`The data directory ${path} is being taken by another process.`)
}

function loadSecrets(file: string): Secrets {
  const known = readJson<Partial<Secrets>>(file) ?? {}
  const secrets: Secrets = {
    bridgeSecret: known.bridgeSecret ?? randomBytes(32).toString('base64url'),
    adminToken: known.adminToken ?? randomBytes(32).toString('base64url'),
    // Without a hyphen in front, which programs take for an option.
    demoPassword: known.demoPassword ?? randomBytes(6).toString('hex'),
  }
  if (JSON.stringify(known) !== JSON.stringify(secrets)) writeWhole(file, secrets)
  return secrets
}

/** Replaces a file in one step, so that a reader never sees half of it. */
function writeWhole(file: string, value: object): void {
  const draft = `${file}.${process.pid}.new`
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}

function readJson<T>(file: string): T | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new LocalHostError(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new LocalHostError(`${file} is damaged: ${(error as Error).message}`, { cause: error })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
