/**
 * Writes the import table into src/README.md, between its two marks.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { importTableAsMarkdown } from './import-table.ts'

const file = join(resolve(import.meta.dirname, '..'), 'src', 'README.md')
const marks = /(<!-- rooms -->\n)[^]*(<!-- \/rooms -->)/
writeFileSync(
  file,
  readFileSync(file, 'utf8').replace(
    marks,
    (_, open: string, close: string) => `${open}${importTableAsMarkdown()}\n${close}`,
  ),
)
