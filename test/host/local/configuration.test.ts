/**
 * What one machine runs is what Cloudflare runs: the local runtime and wrangler.toml must name the same things.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { compatibilityDate, objectClasses } from '../../../src/host/local/workerd-config.ts'

const toml = readFileSync(resolve(import.meta.dirname, '../../../wrangler.toml'), 'utf8')

test('the compatibility date is the same', () => {
  expect(toml).toContain(`compatibility_date = "${compatibilityDate}"`)
})

test('the Durable Objects are the same, bound and migrated', () => {
  const bound = [...toml.matchAll(/\{ name = "(\w+)", class_name = "(\w+)" \}/g)].map(([, name, className]) => [
    name,
    className,
  ])
  expect(Object.fromEntries(bound)).toEqual(objectClasses)
  // Each once, in the migration with which it came: what is deployed has run the earlier ones.
  const migrated = [...toml.matchAll(/^new_sqlite_classes = \[(.*)\]$/gm)].flatMap(([, names = '']) =>
    names.split(', '),
  )
  expect(migrated.sort()).toEqual(
    Object.values(objectClasses)
      .map((name) => `"${name}"`)
      .sort(),
  )
})
