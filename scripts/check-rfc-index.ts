/**
 * Checks docs/rfc.tsv: well formed, sorted, and listing every RFC that a comment or a test in src, test or docs cites.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const problems: string[] = []
const listed = readIndex()

for (const folder of ['src', 'test', 'docs']) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    const file = join(root, folder, name)
    if (!/\.(ts|mjs|md)$/.test(name) || !statSync(file).isFile()) continue
    for (const [, number] of readFileSync(file, 'utf8').matchAll(/\bRFC (\d{3,5})\b/g)) {
      if (!listed.has(Number(number)))
        problems.push(`${folder}/${name} cites RFC ${number}, which docs/rfc.tsv does not list`)
    }
  }
}

for (const problem of new Set(problems)) console.error(problem)
console.log(problems.length === 0 ? `rfc index: ${listed.size} RFCs` : `rfc index: ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1

/** Columns: number, status (yes, partial, no), title, note; a `#` starts a comment. */
function readIndex(): Set<number> {
  const numbers = new Set<number>()
  let previous = 0
  readFileSync(join(root, 'docs', 'rfc.tsv'), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      if (line === '' || line.startsWith('#')) return
      const [number = '', status = '', title = '', note = '', ...rest] = line.split('\t')
      const place = `docs/rfc.tsv:${index + 1}`
      if (!/^\d+$/.test(number)) problems.push(`${place}: the first column must be a number`)
      if (!/^(yes|partial|no)$/.test(status)) problems.push(`${place}: the status must be yes, partial or no`)
      if (title === '' || rest.length > 0) problems.push(`${place}: expected number, status, title, note`)
      if (status !== 'yes' && note === '') problems.push(`${place}: ${status} needs a note that says what is missing`)
      if (Number(number) <= previous) problems.push(`${place}: not in ascending order`)
      previous = Number(number)
      numbers.add(previous)
    })
  return numbers
}
