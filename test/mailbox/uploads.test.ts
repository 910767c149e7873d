import { expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import type { Sql, SqlBinding, SqlRow } from '../../src/storage/index.ts'
import { newEmail, openStore } from './fixture.ts'

test('an upload looks at uploads and at no message (RFC 8620 §6: clients upload what they import, one by one)', () => {
  const inner = memorySql()
  const plans: string[] = []
  let watched = false
  const sql: Sql = {
    exec<Row extends SqlRow>(query: string, ...bindings: SqlBinding[]) {
      if (watched) {
        const plan = inner.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...bindings).toArray()
        plans.push(...plan.map(({ detail }) => detail))
      }
      return inner.exec<Row>(query, ...bindings)
    },
    transaction: (work) => inner.transaction(work),
  }
  const { store, inbox } = openStore({ sql })
  store.add([newEmail(inbox), newEmail(inbox)])
  watched = true
  store.putUpload(new Uint8Array(10), 'text/plain')
  store.putUpload(new Uint8Array(10), 'text/plain')
  expect(plans).toContainEqual(expect.stringContaining('USING COVERING INDEX blob_expires'))
  expect(plans.filter((plan) => /^SCAN (blob|email|placement)\b/.test(plan))).toEqual([])
})
