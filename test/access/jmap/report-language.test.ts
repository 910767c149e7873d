import { describe, expect, it } from 'vitest'
import { World } from './world.ts'

const capability = 'https://facteur.test/jmap/report-language'

async function ask(world: World, method: string, values: object): Promise<unknown> {
  const request = { using: ['urn:ietf:params:jmap:core', capability], methodCalls: [[method, values, '0']] }
  const { body } = await world.jmap.handle(new TextEncoder().encode(JSON.stringify(request)))
  const { methodResponses } = JSON.parse(body) as { methodResponses: [name: string, values: unknown][] }
  return methodResponses[0]?.slice(0, 2)
}

const mine = { accountId: 'a1' }
const get = (world: World) => ask(world, 'ReportLanguage/get', mine)
const told = (language: string | null) => ({
  accountId: 'a1',
  language,
  languages: expect.arrayContaining(['en', 'de']),
})

describe('the language of reports', () => {
  it('is what messages say, until its person chooses one, and when that is taken back', async () => {
    const world = new World()
    expect(await get(world)).toEqual(['ReportLanguage/get', told(null)])
    const set = (language: unknown) => ask(world, 'ReportLanguage/set', { ...mine, language })
    expect(await set('DE')).toEqual(['ReportLanguage/set', told('de')])
    expect(world.store.facts.language).toBe('de')
    expect(await get(world)).toEqual(['ReportLanguage/get', told('de')])
    expect(await set(null)).toEqual(['ReportLanguage/set', told(null)])
    expect(world.store.facts.language).toBeUndefined()
  })

  it.each([
    ['a language that there is not', { ...mine, language: 'tlh' }, 'invalidArguments'],
    ['what is no text', { ...mine, language: 5 }, 'invalidArguments'],
    ['nothing', mine, 'invalidArguments'],
    ['a member that nobody knows', { ...mine, language: 'de', colour: 'red' }, 'invalidArguments'],
    ['another account', { accountId: 'a2', language: 'de' }, 'accountNotFound'],
  ])('is not set to %s', async (_, values, type) => {
    const world = new World()
    world.store.updateAccount({ language: 'fr' })
    expect(await ask(world, 'ReportLanguage/set', values)).toMatchObject(['error', { type }])
    expect(world.store.facts.language).toBe('fr')
  })

  it('is told of in the session', () => {
    const { capabilities, primaryAccounts } = new World().jmap.session('https://mail.facteur.test') as {
      capabilities: object
      primaryAccounts: object
    }
    expect(capabilities).toHaveProperty([capability], {})
    expect(primaryAccounts).toHaveProperty([capability], 'a1')
  })
})
