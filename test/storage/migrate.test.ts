import { expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { isMigrated, migrate } from '../../src/storage/index.ts'

test('an untouched database is not migrated and stays empty', () => {
  const sql = memorySql()
  expect(isMigrated(sql)).toBe(false)
  expect(sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
})

test('steps are applied once, in order, and later steps are added to an older schema', () => {
  const sql = memorySql()
  const steps = ['CREATE TABLE a (x INTEGER)', 'INSERT INTO a VALUES (1)']
  migrate(sql, steps)
  migrate(sql, steps)
  expect(sql.exec('SELECT x FROM a').toArray()).toEqual([{ x: 1 }])
  migrate(sql, [...steps, (db) => void db.exec('INSERT INTO a VALUES (2)')])
  expect(sql.exec('SELECT x FROM a ORDER BY x').toArray()).toEqual([{ x: 1 }, { x: 2 }])
})

test('a failing step leaves nothing half applied', () => {
  const sql = memorySql()
  expect(() => migrate(sql, ['CREATE TABLE a (x INTEGER)', 'INSERT INTO nowhere VALUES (1)'])).toThrow()
  expect(isMigrated(sql)).toBe(false)
  expect(sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
})
