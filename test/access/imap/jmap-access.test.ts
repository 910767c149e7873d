import { expect, it } from 'vitest'
import { Client, newStore } from './harness.ts'

it('tells where JMAP is, when that is known (RFC 9698)', async () => {
  const client = new Client(newStore(), { jmapUrl: 'https://mail.example.org/jmap/session' })
  expect((await client.command('CAPABILITY'))[0]).toContain(' JMAPACCESS ')
  expect(await client.command('GETJMAPACCESS')).toEqual([
    '* JMAPACCESS "https://mail.example.org/jmap/session"',
    'a OK GETJMAPACCESS completed',
  ])
})

it('does not offer what it does not know', async () => {
  const client = new Client(newStore())
  expect((await client.command('CAPABILITY'))[0]).not.toContain('JMAPACCESS')
  expect((await client.command('GETJMAPACCESS')).at(-1)).toMatch(/^a NO \[CANNOT\]/)
})
