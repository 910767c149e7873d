/**
 * `facteur rule` and its neighbours as an administrator types them, against the whole server.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as listCommand } from '../../src/cli/command/list.ts'
import { run as ruleCommand } from '../../src/cli/command/rule.ts'
import { type RunningFacteur, removeDirectory, startFacteur, temporaryDirectory } from './server.ts'

type Command = (argv: readonly string[]) => Promise<number>

const directory = temporaryDirectory()
let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur()
})

afterAll(async () => {
  await server?.stop()
  removeDirectory(directory)
})

function file(name: string, content: unknown): string {
  const path = join(directory, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** What a command prints; what it fails with in place of that. */
async function say(command: Command, ...argv: string[]): Promise<string> {
  const lines: string[] = []
  const { log } = console
  console.log = (line: string) => void lines.push(line)
  try {
    await command([...argv, '--data', server.data])
  } catch (error) {
    return (error as Error).message
  } finally {
    console.log = log
  }
  return lines.join('\n')
}

const rule = (...argv: string[]) => say(ruleCommand, ...argv)
const list = (...argv: string[]) => say(listCommand, ...argv)
const apply = (path: string, ...more: string[]) => rule('apply', 'facteur.test', path, ...more)

const team = { name: 'team', when: { recipient: 'team-*' }, do: { redirect: ['alice@facteur.test'] } }
const abroad = { name: 'abroad', do: { copy: ['bob@Bücher.example'] } }

describe('rule apply', () => {
  it('shows by a dry run what would change, and again changes nothing', async () => {
    const path = file('rules.json', { $schema: './rules.schema.json', rules: [team, abroad] })
    const difference = [
      '+ team: {"when":{"recipient":"team-*"},"do":{"redirect":["alice@facteur.test"]}}',
      '+ abroad: {"do":{"copy":["bob@xn--bcher-kva.example"]}}',
    ].join('\n')
    expect(await apply(path, '--dry-run')).toBe(difference)
    expect(await rule('list', 'facteur.test')).toBe('There are no rules.')
    expect(await apply(path)).toBe(difference)
    expect(await apply(path, '--dry-run')).toBe('Nothing to change.')
    expect(await apply(path)).toBe('Nothing to change.')
    const listed = file('listed.json', await rule('list', 'facteur.test', '--json'))
    expect(await apply(listed)).toBe('Nothing to change.')
    const other = { ...team, do: { tag: ['team'] }, stop: true }
    expect(await apply(file('other.json', { rules: [abroad, other] }), '--dry-run')).toBe(
      [
        '~ team',
        '    - do: {"redirect":["alice@facteur.test"]}',
        '    + do: {"tag":["team"]}',
        '    + stop: true',
        '~ their order: abroad, team',
      ].join('\n'),
    )
  })

  it.each<[string, unknown, string | RegExp]>([
    ['no JSON', '{"rules": [{"name": "a",,}]}', /is not JSON: .*position 24 \(line 1 column 25\)/],
    ['a list alone', [], /must be \{"rules": \[\.\.\.\]\}/],
    ['a member beside the rules', { rules: [], version: 3 }, /"version" in .* is not known here/],
    ['what is no rule', { rules: [null] }, '"rules/0" invalid input: expected object, received null.'],
    [
      'several mistakes',
      { rules: [team, { name: 'b', when: { size: { over: 'big' } }, do: { forward: [] }, if: 1 }] },
      [
        '3 things are wrong:',
        '  "rules/1/when/size/over" invalid input: expected number, received string',
        '  "rules/1/do/forward" is not known here',
        '  "rules/1/if" is not known here',
      ].join('\n'),
    ],
    [
      'an address that is none',
      { rules: [team, { name: 'b', do: { copy: ['a@b.test', 'nobody'] } }] },
      '"rules/1/do/copy/1": "nobody" is not an address.',
    ],
    ['two of one name', { rules: [team, team] }, /^"rules\/1\/name" is "team" again/],
  ])(
    'of %s says where and what was expected, by a dry run too, and keeps nothing of it',
    async (_, content, message) => {
      const path = file('wrong.json', content)
      const before = await rule('list', 'facteur.test')
      for (const flags of [['--dry-run'], []]) {
        const said = await apply(path, ...flags)
        if (typeof message === 'string') expect(said).toBe(message)
        else expect(said).toMatch(message)
      }
      expect(await rule('list', 'facteur.test')).toBe(before)
    },
  )

  it('is for domains that are hosted here, and files that can be read', async () => {
    const path = file('rules.json', { rules: [] })
    expect(await rule('apply', 'ghost.test', path)).toBe('ghost.test is not hosted here; add the domain first.')
    expect(await apply(join(directory, 'nothing.json'))).toMatch(/nothing\.json cannot be read: ENOENT/)
  })
})

describe('rule add', () => {
  it('names the place in the one rule that it was given', async () => {
    const wrong = file('one.json', { name: 'more', do: { copy: ['nobody'] } })
    expect(await rule('add', 'facteur.test', wrong)).toBe('"do/copy/0": "nobody" is not an address.')
  })
})

describe('rule test', () => {
  it('takes a message of any size: what rules ask of it are its header and how large it is', async () => {
    await apply(
      file('large.json', { rules: [{ name: 'large', when: { size: { over: 4_000_000 } }, do: { tag: ['x'] } }] }),
    )
    const path = file('large.eml', `Subject: large\r\n\r\n${'x'.repeat(5_000_000)}`)
    const question = ['test', '--from', 'eve@outside.test', '--to', 'bob@facteur.test']
    expect(await rule(...question, path)).toContain('1  large  fits  size: yes')
    expect(await rule(...question)).toContain('1  large  does not fit  size: no')
  })

  it.each([
    [['--from', 'nonsense', '--to', 'bob@facteur.test'], '"nonsense" is not an address.'],
    [
      ['--from', '<>', '--to', 'bob@facteur.test', '--spf', 'good'],
      /^"authentication\/spf" invalid option: expected one of/,
    ],
    [['--from', '<>', '--to', 'bob@facteur.test', '--source', 'door'], /^"source" invalid option: expected one of/],
  ])('of %j says what was expected', async (flags, message) => {
    expect(await rule('test', ...flags)).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
  })
})

describe('a list', () => {
  it('wants an owner, and members to add or to take away', async () => {
    expect(await list('add', 'team@facteur.test')).toBe('say who looks after it: --owner.')
    await list('add', 'team@facteur.test', '--owner', 'alice@facteur.test')
    expect(await list('members', 'team@facteur.test')).toBe('team@facteur.test has no members.')
    expect(await list('leave', 'team@facteur.test')).toBe('say who is to be a member no more.')
    expect(await list('join', 'team@facteur.test', '--file', join(directory, 'nobody'))).toContain('cannot be read')
    const members = file('members', 'bob@facteur.test # the postman\n\nyou@there.test\n')
    expect(await list('join', 'team@facteur.test', '--file', members)).toBe('2 added to team@facteur.test.')
  })
})
