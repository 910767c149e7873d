import { describe, expect, it } from 'vitest'
import { using, World } from '../../access/jmap/world.ts'

const defaults = {
  id: 'singleton',
  isEnabled: false,
  fromDate: null,
  toDate: null,
  subject: null,
  textBody: null,
  htmlBody: null,
}

const vacationUsing = [...using, 'urn:ietf:params:jmap:vacationresponse']

async function call(world: World, name: string, args: object = {}) {
  const methodCalls = [[name, { accountId: 'a1', ...args }, 'c']]
  return (await world.post(JSON.stringify({ using: vacationUsing, methodCalls }))).body.methodResponses[0]
}

const patch = (world: World, change: object) =>
  call(world, 'VacationResponse/set', { update: { singleton: change } }).then((answer) => answer[1])

describe('VacationResponse (RFC 8621 §8)', () => {
  it('is there from the start, for all and by its id', async () => {
    const world = new World()
    expect((await call(world, 'VacationResponse/get'))[1].list).toEqual([defaults])
    expect((await call(world, 'VacationResponse/get', { ids: ['singleton', 'x'] }))[1]).toMatchObject({
      list: [defaults],
      notFound: ['x'],
    })
    const some = await call(world, 'VacationResponse/get', { properties: ['isEnabled'] })
    expect(some[1].list).toEqual([{ id: 'singleton', isEnabled: false }])
  })

  it('is not there without its capability', async () => {
    const [answer] = await new World().request(['VacationResponse/get', {}])
    expect(answer[1].type).toBe('unknownMethod')
    const world = new World()
    const session = world.jmap.session('https://mail.facteur.test') as Record<string, Record<string, object>>
    expect(session['capabilities']).toHaveProperty(['urn:ietf:params:jmap:vacationresponse'], {})
    expect(session['primaryAccounts']).toHaveProperty(['urn:ietf:params:jmap:vacationresponse'], 'a1')
  })

  it('is changed by patches, and the change is pushed', async () => {
    const world = new World()
    const answer = await patch(world, {
      isEnabled: true,
      fromDate: '2026-11-23T00:00:00Z',
      toDate: '2026-12-01T00:00:00Z',
      subject: 'Away',
      textBody: 'Gone fishing.',
    })
    expect(answer).toMatchObject({ updated: { singleton: null }, notUpdated: null })
    expect(answer.oldState).not.toBe(answer.newState)
    const change = world.jmap.stateChange(world.commits.at(-1) as never)
    expect(change?.changed).toEqual({ a1: { VacationResponse: answer.newState } })
    await patch(world, { toDate: null })
    const { list, state } = (await call(world, 'VacationResponse/get'))[1]
    expect(list[0]).toMatchObject({ subject: 'Away', fromDate: '2026-11-23T00:00:00Z', toDate: null })
    const stale = await call(world, 'VacationResponse/set', { ifInState: answer.newState, update: {} })
    expect(stale[1].type).toBe('stateMismatch')
    expect((await call(world, 'VacationResponse/set', { ifInState: state }))[0]).toBe('VacationResponse/set')
  })

  it.each([
    ['a date that is none', { fromDate: '2026-11-31T00:00:00Z' }, ['fromDate']],
    ['a date with an offset', { toDate: '2026-11-23T00:00:00+01:00' }, ['toDate']],
    ['isEnabled null', { isEnabled: null }, ['isEnabled']],
    ['a subject with a line end', { subject: 'a\r\nBcc: x@y' }, ['subject']],
    ['a body that is a number', { htmlBody: 1 }, ['htmlBody']],
    ['another id', { id: 'other' }, ['id']],
    ['an unknown property', { x: 1, isEnabled: true }, ['x']],
  ])('refuses %s and changes nothing', async (_, change, properties) => {
    const world = new World()
    const { notUpdated } = await patch(world, change)
    expect(notUpdated.singleton).toMatchObject({ type: 'invalidProperties', properties })
    expect((await call(world, 'VacationResponse/get'))[1].list).toEqual([defaults])
  })

  it('cannot be created or destroyed', async () => {
    const answer = await call(new World(), 'VacationResponse/set', {
      create: { k: { isEnabled: true } },
      update: { other: { isEnabled: true } },
      destroy: ['singleton'],
    })
    expect(answer[1]).toMatchObject({
      notCreated: { k: { type: 'singleton' } },
      notUpdated: { other: { type: 'notFound' } },
      notDestroyed: { singleton: { type: 'singleton' } },
    })
  })
})

describe('VacationResponse, property by property (RFC 8621 §8)', () => {
  it.each<[string, unknown]>([
    ['isEnabled', true],
    ['fromDate', '2026-11-23T00:00:00Z'],
    ['fromDate', '2026-11-23T00:00:00.5Z'],
    ['toDate', '2026-12-01T00:00:00Z'],
    ['subject', 'Weg – bis bald'],
    ['subject', ''],
    ['textBody', 'Gone fishing.\nBack soon.'],
    ['htmlBody', '<p>Gone <b>fishing</b>.</p>'],
  ])('%s is %j once it is set, and nothing else changes', async (property, value) => {
    const world = new World()
    expect((await patch(world, { [property]: value })).updated).toEqual({ singleton: null })
    expect((await call(world, 'VacationResponse/get'))[1].list).toEqual([{ ...defaults, [property]: value }])
  })

  it.each(['fromDate', 'toDate', 'subject', 'textBody', 'htmlBody'])('%s null sets it back', async (property) => {
    const world = new World()
    const value = property.endsWith('Date') ? '2026-11-23T00:00:00Z' : 'x'
    await patch(world, { [property]: value })
    await patch(world, { [property]: null })
    expect((await call(world, 'VacationResponse/get'))[1].list).toEqual([defaults])
  })

  it('takes properties that are unchanged along (RFC 8620 §5.3)', async () => {
    expect((await patch(new World(), { ...defaults, isEnabled: true })).updated).toEqual({ singleton: null })
  })

  it('destroying another is notFound, the singleton is singleton (§8.2, RFC 8620 §5.3)', async () => {
    const answer = await call(new World(), 'VacationResponse/set', { destroy: ['singleton', 'other'] })
    expect(answer[1].notDestroyed).toMatchObject({ singleton: { type: 'singleton' }, other: { type: 'notFound' } })
  })

  it('there is no VacationResponse/changes or /query', async () => {
    for (const name of ['VacationResponse/changes', 'VacationResponse/query']) {
      expect((await call(new World(), name, { sinceState: '0' }))[1].type).toBe('unknownMethod')
    }
  })
})
