import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { ruleExamples } from './rule-examples.ts'

const published = readFileSync('docs/rules.schema.json', 'utf8')
const manual = readFileSync('docs/rules.md', 'utf8')

interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly $defs?: Readonly<Record<string, Schema>>
}

const schema = JSON.parse(published) as Schema
// As editors have it: what is no word of JSON Schema is a mistake.
const fits = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)

describe('docs/rules.schema.json', () => {
  it('says of each field what it means, or names the shape that does', () => {
    const { $defs = {} } = schema
    const silent = (place: string, { $ref, description, properties = {}, items }: Schema): string[] => [
      ...($ref === undefined && description === undefined && place.includes('/') ? [place] : []),
      ...Object.entries(properties).flatMap(([name, field]) => silent(`${place}/${name}`, field)),
      ...(items?.properties === undefined ? [] : silent(`${place}/items`, items)),
    ]
    expect(Object.entries({ File: schema, ...$defs }).flatMap(([name, shape]) => silent(name, shape))).toEqual([])
    expect(Object.keys($defs)).toEqual(['Rule', 'Condition', 'Actions'])
  })

  const examples = [...manual.matchAll(/```json\n([^]*?)```/g)].map(([, text = '']) => JSON.parse(text) as unknown)

  it('fits the examples of docs/rules.md', () => {
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) expect([fits(example), fits.errors]).toEqual([true, null])
  })

  it('has each match and each action in the tables of docs/rules.md', () => {
    const rows = [...manual.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    const { Condition: condition = {}, Actions: actions = {} } = schema.$defs ?? {}
    const names = Object.keys({ ...condition.properties, ...actions.properties })
    // Told of in the text above the tables.
    const combined = new Set(['all', 'any', 'not'])
    expect(new Set(rows)).toEqual(new Set(names.filter((name) => !combined.has(name))))
  })

  it.each(ruleExamples)('of %j says: %s', (rule, isRight) => {
    expect(fits({ rules: [rule] })).toBe(isRight)
  })
})
