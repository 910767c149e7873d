/**
 * The configuration workerd is started on: what stands in it, and what must not.
 */
import { expect, test } from 'vitest'
import {
  objectClasses,
  workerdConfiguration,
  type WorkerdConfiguration,
} from '../../../src/host/local/workerd-config.ts'

const plain: WorkerdConfiguration = {
  address: '127.0.0.1:8080',
  script: 'worker.js',
  objects: '/data/objects/do',
  pages: '/pages',
  pageHeaders: '/*\n  X-Content-Type-Options: nosniff\n',
  variables: ['FACTEUR_ADMIN_TOKEN'],
}

test('variables come from the environment, so that no secret stands in the file', () => {
  const text = workerdConfiguration(plain)
  expect(text).toContain('(name = "FACTEUR_ADMIN_TOKEN", fromEnvironment = "FACTEUR_ADMIN_TOKEN")')
})

test('the unique keys, of which ids and file names are made, stay what they always were', () => {
  const text = workerdConfiguration(plain)
  for (const name of Object.values(objectClasses)) {
    expect(text).toContain(`(className = "${name}", uniqueKey = "facteur-${name}", enableSql = true)`)
  }
})

test('names with quotes, backslashes and line ends stay within their literal', () => {
  const text = workerdConfiguration({ ...plain, objects: '/data/"it\'s" \\ here' })
  expect(text).toContain(`path = "/data/\\"it's\\" \\\\ here"`)
  expect(text).toContain(String.raw`headers\":\"/*\\n  X-Content-Type-Options`)
})

test('a control character in a path is refused, rather than read as something else', () => {
  expect(() => workerdConfiguration({ ...plain, pages: '/a\u0000b' })).toThrow('control characters')
})

test('the bridge has a way in of its own, which is the same Worker', () => {
  const text = workerdConfiguration({ ...plain, bridgeSocket: '/data/runtime/bridge.sock' })
  expect(text).toContain(
    '(name = "bridge", address = "unix:/data/runtime/bridge.sock", http = (), service = "facteur")',
  )
  const served = /http = \(\), service = "facteur"/g
  expect(text.match(served)).toHaveLength(2)
  expect(workerdConfiguration(plain).match(served)).toHaveLength(1)
})

test('roots that the operator trusts count for mail and resolver, not for addresses that others name', () => {
  const text = workerdConfiguration({ ...plain, trusted: ['-----BEGIN…\r\nMII\r\n'] })
  const [internet, outside] = ['internet', 'outside'].map(
    (name) => text.split(`(name = "${name}", `)[1]?.split('\n')[0],
  )
  expect(internet).toContain(String.raw`trustedCertificates = ["-----BEGIN…\nMII\n"]`)
  expect(outside).not.toContain('trustedCertificates')
})
