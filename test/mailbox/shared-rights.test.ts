import { describe, expect, test } from 'vitest'
import { allRights, formatRights, type Right, type Rights } from '../../src/mailbox/index.ts'
import { newEmail } from './fixture.ts'
import { attempt, open, type World } from './shared-world.ts'

const without = (from: Rights, left: Right): Rights =>
  formatRights((Array.from(from) as Right[]).filter((right) => right !== left))

/** Whether the mailbox exists, and what is in it. */
function shown(text: string): [boolean, boolean] {
  const { mail, team, shared } = open(text)
  return [mail.mailbox(team) !== undefined, mail.email(shared) !== undefined]
}

interface Operation {
  readonly name: string
  /** The letters that are needed in `team`, and no others. */
  readonly needs: string
  /** What the owner does first. */
  readonly prepare?: (world: World) => void
  readonly work: (world: World) => unknown
  /** What is refused without `l` or `r`, as far as they are needed; all else is `forbidden`. */
  readonly unseen: string
}

const operations: readonly Operation[] = [
  {
    name: 'adding an email',
    needs: 'li',
    work: ({ mail, team }) => mail.add([newEmail(team)]),
    unseen: 'invalidProperties',
  },
  {
    name: 'adding an email that is read',
    needs: 'lsi',
    work: ({ mail, team }) => mail.add([newEmail(team, {}, { keywords: ['$SEEN'] })]),
    unseen: 'invalidProperties',
  },
  {
    name: 'adding a draft',
    needs: 'lwi',
    work: ({ mail, team }) => mail.add([newEmail(team, {}, { keywords: ['$draft'] })]),
    unseen: 'invalidProperties',
  },
  {
    name: 'putting an email in from elsewhere',
    needs: 'li',
    work: ({ mail, team, beside }) => mail.update([{ id: beside, mailboxIds: { add: [team] } }]),
    unseen: 'invalidProperties',
  },
  {
    name: 'moving an email elsewhere',
    needs: 'lrte',
    work: ({ mail, other, shared }) => mail.update([{ id: shared, mailboxIds: { replace: [other] } }]),
    unseen: 'notFound',
  },
  {
    name: 'setting $seen',
    needs: 'lrs',
    work: ({ mail, shared }) => mail.update([{ id: shared, keywords: { add: ['$Seen'] } }]),
    unseen: 'notFound',
  },
  {
    name: 'setting another keyword',
    needs: 'lrw',
    work: ({ mail, shared }) => mail.update([{ id: shared, keywords: { replace: ['work'] } }]),
    unseen: 'notFound',
  },
  {
    name: 'setting both at once',
    needs: 'lrsw',
    work: ({ mail, shared }) => mail.update([{ id: shared, keywords: { add: ['$seen', 'work'] } }]),
    unseen: 'notFound',
  },
  {
    name: 'destroying an email',
    needs: 'lrte',
    work: ({ mail, shared }) => mail.destroy([shared]),
    unseen: 'notFound',
  },
  {
    name: 'creating a child',
    needs: 'lk',
    work: ({ mail, team }) => mail.createMailbox({ name: 'Child', parentId: team }),
    unseen: 'invalidProperties',
  },
  {
    name: 'moving another mailbox into it',
    needs: 'lk',
    work: ({ mail, team, other }) => mail.updateMailbox(other, { parentId: team }),
    unseen: 'invalidProperties',
  },
  {
    name: 'renaming it',
    needs: 'lx',
    work: ({ mail, team }) => mail.updateMailbox(team, { name: 'Crew' }),
    unseen: 'notFound',
  },
  {
    name: 'putting it elsewhere',
    needs: 'lx',
    work: ({ mail, team, other }) => mail.updateMailbox(team, { parentId: other }),
    unseen: 'notFound',
  },
  {
    name: 'ordering it elsewhere',
    needs: 'lx',
    work: ({ mail, team }) => mail.updateMailbox(team, { sortOrder: 7 }),
    unseen: 'notFound',
  },
  {
    name: 'destroying it empty',
    needs: 'lx',
    prepare({ store, team, inner }) {
      store.destroyMailbox(inner)
      store.expunge(team, [...store.view(team).uidList()])
    },
    work: ({ mail, team }) => mail.destroyMailbox(team),
    unseen: 'notFound',
  },
  {
    name: 'destroying it with its emails',
    needs: 'lxte',
    prepare: ({ store, inner }) => store.destroyMailbox(inner),
    work: ({ mail, team }) => mail.destroyMailbox(team, { removeEmails: true }),
    unseen: 'notFound',
  },
  {
    name: 'subscribing to it',
    needs: 'l',
    work: ({ mail, team }) => mail.updateMailbox(team, { isSubscribed: true }),
    unseen: 'notFound',
  },
]

describe('what each right allows (RFC 8621 §2, RFC 4314 §4)', () => {
  test.each(operations)('$name needs $needs', ({ needs, prepare, work }) => {
    for (const granted of [needs, allRights]) {
      const world = open(granted)
      prepare?.(world)
      expect(attempt(() => work(world))).toBeUndefined()
    }
  })

  const lacking = operations.flatMap((operation) =>
    (Array.from(operation.needs) as Right[]).map((right) => ({ ...operation, right })),
  )
  test.each(lacking)('$name is refused without $right', ({ right, needs, prepare, work, unseen }) => {
    const world = open(without(allRights, right))
    prepare?.(world)
    const { state } = world.store
    const isUnseen = right === 'l' || (right === 'r' && needs.includes('r'))
    expect(attempt(() => work(world))).toBe(isUnseen ? unseen : 'forbidden')
    expect(world.store.state, 'nothing is changed').toBe(state)
  })

  test('looking up needs l, contents r besides', () => {
    expect(shown('')).toEqual([false, false])
    expect(shown('r')).toEqual([false, false])
    expect(shown(without(allRights, 'l'))).toEqual([false, false])
    expect(shown('l')).toEqual([true, false])
    expect(shown(without(allRights, 'r'))).toEqual([true, false])
    expect(shown('lr')).toEqual([true, true])
  })

  test('what may be looked up but not read counts as empty', () => {
    const { mail, team } = open('l')
    expect(mail.counts(team)).toEqual({ visible: 0, visibleUnread: 0, totalThreads: 0, unreadThreads: 0 })
    expect(mail.rightsTo(team)).toBe('l')
  })
})
