/**
 * Checks each import in src against the import table: allowed rooms only, other rooms through their index.ts only,
 * no cycles between files, nothing impure in the pure rooms. Prints every violation; exit code 1 when there is one.
 */
import { parseSync } from 'oxc-parser'
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { importTableAsMarkdown, rooms, type Room } from './import-table.ts'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'src')

interface ImportOf {
  readonly file: string
  readonly request: string
}

const violations: string[] = []
const graph = new Map<string, string[]>()

for (const file of typescriptFiles(source)) {
  const text = readFileSync(join(source, file), 'utf8')
  const room = roomOf(file)
  if (room === undefined) {
    violations.push(`src/${file} belongs to no room of the import table`)
    continue
  }
  graph.set(file, [])
  for (const imported of importsOf(file, text)) check(room, imported)
  if (/^(format|protocol)\//.test(file)) checkPurity(file, text)
}
reportCycles()
checkReadme()

for (const violation of violations) console.error(violation)
console.log(
  violations.length === 0
    ? `imports: ${graph.size} files keep to the table`
    : `imports: ${violations.length} violations`,
)
process.exitCode = violations.length === 0 ? 0 : 1

function check(room: Room, { file, request }: ImportOf): void {
  if (!request.startsWith('.')) {
    const allowed = room.packages.some((name) => request === name || (/[:/]$/.test(name) && request.startsWith(name)))
    if (!allowed) violations.push(`src/${file}: ${room.path} may not import the package ${request}`)
    if (!request.startsWith('node:') && builtinModules.includes(request))
      violations.push(`src/${file}: write node:${request}`)
    return
  }
  const target = relative(source, join(source, dirname(file), request))
  if (target.startsWith('..')) {
    violations.push(`src/${file}: imports ${request} from outside src`)
    return
  }
  graph.get(file)?.push(target)
  const other = roomOf(target)
  if (other === undefined || other === room) return
  if (!room.imports.includes(other.path)) violations.push(`src/${file}: ${room.path} may not import ${other.path}`)
  else if (target !== `${other.path}/index.ts` && target !== other.path) {
    violations.push(`src/${file}: import ${other.path} through its index.ts, not ${target}`)
  }
}

function checkPurity(file: string, text: string): void {
  const impure =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\.(randomUUID|getRandomValues)\b|\bset(Timeout|Interval)\b/
  text.split('\n').forEach((line, index) => {
    if (impure.test(line.replace(/\/\/.*|^\s*\*.*/, ''))) {
      violations.push(`src/${file}:${index + 1}: engines take the time and randomness as arguments`)
    }
  })
}

/** The longest path wins: `host/bridge/common` before a `host`. */
function roomOf(file: string): Room | undefined {
  return rooms
    .filter((room) => file === room.path || file.startsWith(`${room.path}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0]
}

function importsOf(file: string, text: string): ImportOf[] {
  const { module, errors } = parseSync(file, text)
  for (const error of errors) violations.push(`src/${file}: ${error.message}`)
  const requests = [
    ...module.staticImports.map((item) => item.moduleRequest.value),
    ...module.staticExports.flatMap((item) => item.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.flatMap((item) => {
      const literal = text.slice(item.moduleRequest.start, item.moduleRequest.end)
      return /^['"]/.test(literal) ? [literal.slice(1, -1)] : []
    }),
  ]
  return [...new Set(requests)].map((request) => ({ file, request }))
}

function typescriptFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .toSorted()
}

/** Depth-first search with the path in hand; each cycle is reported once, from its first file. */
function reportCycles(): void {
  const finished = new Set<string>()
  const path: string[] = []
  const visit = (file: string) => {
    const start = path.indexOf(file)
    if (start !== -1) {
      violations.push(`cycle: ${[...path.slice(start), file].join(' → ')}`)
      return
    }
    if (finished.has(file)) return
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    finished.add(file)
  }
  for (const file of graph.keys()) visit(file)
}

function checkReadme(): void {
  const readme = readFileSync(join(source, 'README.md'), 'utf8')
  if (!readme.includes(importTableAsMarkdown()))
    violations.push('src/README.md is behind scripts/import-table.ts: npm run rooms')
}
