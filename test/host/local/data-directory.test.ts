import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findRunningServer, openDataDirectory } from '../../../src/host/local/data-directory.ts'
import { LocalHostError } from '../../../src/host/local/failure.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facteur-data-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('secrets are made once, kept, and readable by the owner only', () => {
  const first = openDataDirectory(folder)
  first.release()
  const second = openDataDirectory(folder)
  second.release()
  expect(second.secrets).toEqual(first.secrets)
  expect(first.secrets.adminToken).toMatch(/^[\w-]{43}$/)
  expect(first.secrets.demoPassword).toMatch(/^[0-9a-f]{12}$/)
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600)
})

test('a running server is found by its directory, a stopped one is not', () => {
  const data = openDataDirectory(folder)
  expect(findRunningServer(folder)).toBeUndefined()
  data.announce('http://127.0.0.1:8080')
  expect(findRunningServer(folder)).toMatchObject({ url: 'http://127.0.0.1:8080', adminToken: data.secrets.adminToken })
  data.release()
  expect(findRunningServer(folder)).toBeUndefined()
})

test('the mark of a server that was killed is taken over', () => {
  writeFileSync(join(folder, 'running.json'), JSON.stringify({ pid: 2 ** 22 + 1, url: 'http://127.0.0.1:1' }))
  expect(findRunningServer(folder)).toBeUndefined()
  openDataDirectory(folder).release()
})

test('a directory that another live process holds is refused', () => {
  writeFileSync(join(folder, 'running.json'), JSON.stringify({ pid: 1, url: '' }))
  expect(() => openDataDirectory(folder)).toThrow(LocalHostError)
  expect(JSON.parse(readFileSync(join(folder, 'running.json'), 'utf8'))).toMatchObject({ pid: 1 })
})

test('damaged secrets are told and not replaced', () => {
  writeFileSync(join(folder, 'secrets.json'), '{"adminToken": ')
  expect(() => openDataDirectory(folder)).toThrow(/secrets\.json is damaged/)
  expect(readFileSync(join(folder, 'secrets.json'), 'utf8')).toBe('{"adminToken": ')
})

test('a path that is a file is refused', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(() => openDataDirectory(file)).toThrow(/cannot be used/)
})
