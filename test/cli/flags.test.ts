import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/cli/failure.ts'
import { describeFlags, environmentName, parseFlags, type FlagTable } from '../../src/cli/flags.ts'

const table = {
  data: { type: 'string', default: 'facteur-data', help: 'where' },
  'mx-port': { type: 'port', default: 25, help: 'port' },
  size: { type: 'integer', help: 'bytes' },
  'no-demo': { type: 'boolean', help: 'none' },
} as const satisfies FlagTable

test('a flag’s environment variable is its name in upper case with underscores', () => {
  expect(environmentName('mx-port')).toBe('FACTEUR_MX_PORT')
})

describe('the value of a flag', () => {
  test.each([
    ['its default', [], {}, { data: 'facteur-data', 'mx-port': 25, size: undefined, 'no-demo': false }],
    ['the environment', [], { FACTEUR_MX_PORT: '2525', FACTEUR_NO_DEMO: '1' }, { 'mx-port': 2525, 'no-demo': true }],
    ['the command line before the environment', ['--mx-port', '26'], { FACTEUR_MX_PORT: '2525' }, { 'mx-port': 26 }],
    ['with an equals sign', ['--data=/srv/mail'], {}, { data: '/srv/mail' }],
    ['an empty variable counts as absent', [], { FACTEUR_MX_PORT: '' }, { 'mx-port': 25 }],
    ['port 0 means any', ['--mx-port', '0'], {}, { 'mx-port': 0 }],
  ])('is %s', (_, argv, environment, expected) => {
    expect(parseFlags(table, argv, environment).flags).toMatchObject(expected)
  })
})

describe('a wrong flag is one sentence', () => {
  test.each([
    ['unknown', ['--nothing'], {}, /--nothing/],
    ['without its value', ['--data'], {}, /--data/],
    [
      'not a number',
      ['--mx-port', 'x'],
      {},
      '--mx-port must be a port number from 0 to 65535 (0: any free port), not "x".',
    ],
    ['too high', ['--mx-port', '65536'], {}, /--mx-port must be/],
    ['negative', ['--size=-1'], {}, /--size must be a whole number/],
    ['a fraction', ['--size', '1.5'], {}, /--size must be a whole number/],
    ['from the environment', [], { FACTEUR_SIZE: 'big' }, /FACTEUR_SIZE must be/],
    ['a boolean that is neither', [], { FACTEUR_NO_DEMO: 'maybe' }, /FACTEUR_NO_DEMO must be 1 or 0/],
  ])('%s', (_, argv, environment, sentence) => {
    const attempt = () => parseFlags(table, argv, environment)
    expect(attempt).toThrow(UsageError)
    expect(attempt).toThrow(sentence)
  })
})

test('the help shows every flag with its default', () => {
  const help = describeFlags(table).join('\n')
  expect(help).toMatch(/--mx-port N\s+port \[25\]/)
  expect(help).toMatch(/--no-demo\s+none$/m)
})
