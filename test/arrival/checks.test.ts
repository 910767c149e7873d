import { describe, expect, test } from 'vitest'
import { checkRecipient, checkSender, emailRoutingOutcome, type Origin } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'

const stranger: Origin = { kind: 'smtp', transactionId: 't' }
const alice: Origin = { kind: 'submission', accountId: 'alice', transactionId: 't' }

function stage(): MemoryWorld {
  const world = new MemoryWorld()
  const domain = world.host('facteur.test', 'alice', 'bob')
  domain.setAlias('team', ['alice@facteur.test', 'bob@facteur.test'])
  domain.setAlias('out', ['x@elsewhere.test'])
  domain.setAlias('dead', ['gone@facteur.test'])
  return world
}

describe('RCPT', () => {
  test.each<[string, Origin, number, string]>([
    ['alice@facteur.test', stranger, 250, '2.1.5'],
    ['ALICE+x@Facteur.Test', stranger, 250, '2.1.5'],
    ['team@facteur.test', stranger, 250, '2.1.5'],
    ['out@facteur.test', stranger, 250, '2.1.5'],
    ['postmaster@facteur.test', stranger, 250, '2.1.5'],
    ['Postmaster', stranger, 250, '2.1.5'],
    ['x@elsewhere.test', alice, 250, '2.1.5'],
    ['nobody@facteur.test', stranger, 550, '5.1.1'],
    ['nobody@facteur.test', alice, 550, '5.1.1'],
    ['dead@facteur.test', stranger, 550, '5.1.1'],
    ['x@elsewhere.test', stranger, 550, '5.7.1'],
    ['x@elsewhere.test', { ...stranger, kind: 'submission' }, 550, '5.7.1'],
    ['x@elsewhere.test', { ...alice, kind: 'smtp' }, 550, '5.7.1'],
    ['x%elsewhere.test@facteur.test', stranger, 550, '5.1.1'],
    ['nonsense', stranger, 550, '5.1.3'],
    ['a@b..c', stranger, 550, '5.1.3'],
  ])('%s from %o: %i %s', async (recipient, origin, code, enhanced) => {
    const world = stage()
    world.ports.postmasterDomain = 'facteur.test'
    expect(await checkRecipient({ recipient, reversePath: '', origin }, world.ports)).toMatchObject({ code, enhanced })
  })

  test('a directory that is away is a 451', async () => {
    const world = stage()
    world.directoryDown = true
    expect(
      await checkRecipient({ recipient: 'alice@facteur.test', reversePath: '', origin: stranger }, world.ports),
    ).toMatchObject({ code: 451 })
  })
})

describe('MAIL of an authenticated user (RFC 6409 §6.1)', () => {
  test.each([
    ['alice@facteur.test', 250, '2.1.0'],
    ['Alice+x@FACTEUR.test', 250, '2.1.0'],
    ['team@facteur.test', 250, '2.1.0'],
    ['', 250, '2.1.0'],
    ['bob@facteur.test', 553, '5.7.1'],
    ['alice@elsewhere.test', 553, '5.7.1'],
    ['out@facteur.test', 553, '5.7.1'],
    ['nobody@facteur.test', 553, '5.7.1'],
    ['nonsense', 501, '5.1.7'],
  ])('%j: %i %s', async (address, code, enhanced) => {
    expect(await checkSender({ accountId: 'alice', address }, stage().ports)).toMatchObject({ code, enhanced })
  })

  test('a directory that is away is a 451', async () => {
    const world = stage()
    world.directoryDown = true
    expect(await checkSender({ accountId: 'alice', address: 'alice@facteur.test' }, world.ports)).toMatchObject({
      code: 451,
    })
  })
})

test.each([
  [{ code: 250, text: 'Ok' }, { action: 'accept' }],
  [
    { code: 550, enhanced: '5.1.1', text: 'No such user here' },
    { action: 'reject', text: '5.1.1 No such user here' },
  ],
  [
    { code: 451, enhanced: '4.3.0', text: 'Later' },
    { action: 'throw', text: '4.3.0 Later' },
  ],
])('Email Routing: %o', (reply, outcome) => expect(emailRoutingOutcome(reply)).toEqual(outcome))
