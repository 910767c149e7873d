/**
 * Completes package-lock.json: optional binaries for other platforms, which npm leaves out of the lock when it could not
 * look them up while locking. `npm ci` refuses such a lock. Run it after `npm install` has changed the lock.
 *
 * Platform, processor and C library are in the package's name (`@oxlint/binding-linux-arm64-musl`); without them npm
 * would install the binary everywhere.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const systems = ['darwin', 'linux', 'win32', 'freebsd', 'android', 'openharmony'] as const
const processors: Readonly<Record<string, string>> = {
  arm64: 'arm64',
  x64: 'x64',
  '64': 'x64',
  ia32: 'ia32',
  arm: 'arm',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
}
const libraries: Readonly<Record<string, string>> = { gnu: 'glibc', glibc: 'glibc', musl: 'musl' }

const file = join(resolve(import.meta.dirname, '..'), 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> }
let added = 0
for (const [path, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (isLocked(path, name) || !/^\d/.test(version)) continue
    const platform = platformOf(name)
    if (platform === undefined) continue
    const dev = parent.dev === true ? { dev: true } : {}
    lock.packages[`node_modules/${name}`] = { version, ...dev, optional: true, ...platform }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} packages of other platforms added`)

/** As Node resolves it: beside the parent's own dependencies, or further up. */
function isLocked(parent: string, name: string): boolean {
  for (let folder = parent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const prefix = folder === '' ? '' : `${folder}/`
    if (`${prefix}node_modules/${name}` in lock.packages) return true
    if (folder === '') return false
  }
}

function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.replace(/^.*\//, '').replace('windows', 'win32').split('-')
  const os = systems.find((system) => words.includes(system))
  const processor = words.map((word) => processors[word]).find((word) => word !== undefined)
  if (os === undefined || processor === undefined) return undefined
  const library = os === 'linux' ? words.map((word) => libraries[word]).find((word) => word !== undefined) : undefined
  return { os: [os], cpu: [processor], ...(library === undefined ? {} : { libc: [library] }) }
}
