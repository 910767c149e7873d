/**
 * A root directory of its own for a program that was unpacked and not installed (.ci/mail-peers), since it knows its files by
 * absolute names: `chroot` with the program, its libraries, and the users it wants. Needs root.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from '../programs.ts'
import { removeDirectory, temporaryDirectory } from '../server.ts'

const unpacked = '/opt/mail-peers'

export interface Jail {
  /** Its root, as seen from outside. */
  readonly directory: string
  /** Makes a directory, and all above it. */
  directoryFor(path: string, owner?: number, mode?: number): void
  write(path: string, text: string, mode?: number): void
  read(path: string): string
  /** Starts the daemon, which stays in the foreground; it is ended by `close`. */
  start(program: string, ...args: string[]): ChildProcess
  /** Runs a command to its end; its standard output. */
  run(program: string, ...args: string[]): Promise<string>
  close(): Promise<void>
}

/** Why a program cannot be started in a jail here; undefined when it can. */
export function withoutUnpacked(program: string): string | undefined {
  if (!existsSync(join(unpacked, program))) return `${program} is not unpacked in ${unpacked}`
  return userInfo().uid === 0 ? undefined : `${program} in a jail needs root`
}

/** `users`: names with their ids, each with a group of the same name and id. `programs`: absolute names of files among what was unpacked. */
export async function makeJail(programs: readonly string[], users: Readonly<Record<string, number>>): Promise<Jail> {
  const directory = temporaryDirectory()
  const daemons: ChildProcess[] = []
  chmodSync(directory, 0o755)
  const at = (path: string) => join(directory, path)
  const copy = (path: string) => {
    if (existsSync(at(path))) return
    mkdirSync(dirname(at(path)), { recursive: true })
    copyFileSync(join(unpacked, path), at(path))
  }
  for (const path of ['bin', 'lib', 'lib64', 'sbin']) {
    mkdirSync(at(join('usr', path)), { recursive: true })
    symlinkSync(join('usr', path), at(path))
  }
  const loader = ['/usr/lib64', '/usr/lib'].flatMap(loadersIn)[0] ?? ''
  const file = realpathSync(join(unpacked, loader))
  copy(loader)
  for (const program of programs) {
    copy(program)
    const { stdout } = await run(file, ['--library-path', dirname(file), '--list', join(unpacked, program)])
    for (const [path] of stdout.matchAll(/\/\S+(?= \(0x)/g))
      if (path.startsWith(unpacked)) copy(path.slice(unpacked.length))
  }
  mkdirSync(at('dev'))
  await run('mknod', ['-m', '666', at('dev/null'), 'c', '1', '3'])
  await run('mknod', ['-m', '666', at('dev/urandom'), 'c', '1', '9'])
  const jail: Jail = {
    directory,
    directoryFor(path, owner = 0, mode = 0o755) {
      mkdirSync(at(path), { recursive: true })
      chmodSync(at(path), mode)
      chownSync(at(path), owner, owner)
    },
    write(path, text, mode = 0o644) {
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), text)
      chmodSync(at(path), mode)
    },
    read: (path) => (existsSync(at(path)) ? readFileSync(at(path), 'latin1') : ''),
    start(program, ...args) {
      const daemon = spawn('chroot', [directory, program, ...args], { stdio: 'ignore' })
      daemons.push(daemon)
      return daemon
    },
    run: async (program, ...args) => (await run('chroot', [directory, program, ...args])).stdout,
    async close() {
      for (const daemon of daemons) {
        if (daemon.exitCode !== null || daemon.signalCode !== null) continue
        const ended = once(daemon, 'exit')
        daemon.kill('SIGTERM')
        await ended
      }
      removeDirectory(directory)
    },
  }
  const everybody = Object.entries({ root: 0, nobody: 65_534, ...users })
  jail.write('etc/passwd', everybody.map(([name, id]) => `${name}:x:${id}:${id}::/:/bin/sh\n`).join(''))
  jail.write('etc/group', everybody.map(([name, id]) => `${name}:x:${id}:\n`).join(''))
  jail.write('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n')
  jail.write('etc/hosts', '127.0.0.1 localhost\n')
  jail.directoryFor('tmp', 0, 0o1777)
  return jail
}

/** What loads shared libraries: its file stands among them. */
function loadersIn(path: string): string[] {
  const directory = join(unpacked, path)
  const names = existsSync(directory) ? readdirSync(directory) : []
  return names.filter((name) => name.startsWith('ld-linux')).map((name) => join(path, name))
}
