import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { withPlainEquality } from '../../src/storage/index.ts'

test.each([
  ['UPDATE t SET a = ?, b = ? WHERE c IS ?', 'UPDATE t SET a = +?, b = +? WHERE c IS +?'],
  ['SELECT 1 FROM t WHERE a IS NOT ? AND b <= ?', 'SELECT 1 FROM t WHERE a IS NOT +? AND b <= +?'],
  ['SELECT value FROM json_each(?)', 'SELECT value FROM json_each(?)'],
])('in workerd the statement would be prepared anew for each value: %s becomes %s', (query, expected) => {
  expect(withPlainEquality(query)).toBe(expected)
})

test('the indexes are used as before', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE place (box INTEGER, uid INTEGER, email INTEGER, PRIMARY KEY (box, uid)) WITHOUT ROWID')
  const query = 'SELECT email FROM place WHERE box = ? AND uid = ?'
  const plan = (text: string) => database.prepare(`EXPLAIN QUERY PLAN ${text}`).all()
  expect(plan(withPlainEquality(query))).toEqual(plan(query))
})

test('a value keeps its type, whatever it is', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE t (a)')
  const values = [null, 1.5, 'text', '12', new Uint8Array([0, 255])]
  for (const value of values) {
    database.prepare('INSERT INTO t VALUES (NULL)').run()
    database.prepare(withPlainEquality('UPDATE t SET a = ? WHERE rowid = last_insert_rowid()')).run(value)
  }
  expect(
    database
      .prepare('SELECT a FROM t')
      .all()
      .map(({ a }) => a),
  ).toEqual(values)
})
