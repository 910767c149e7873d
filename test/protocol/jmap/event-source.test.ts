import { describe, expect, it } from 'vitest'
import {
  filterTypes,
  parseEventSourceQuery,
  pingEvent,
  stateEvent,
  type StateChange,
} from '../../../src/protocol/jmap/index.ts'

const change: StateChange = {
  '@type': 'StateChange',
  changed: { a3123: { Email: 'd35ecb040aab', EmailDelivery: '428d565f2440' }, a43461d: { Mailbox: '0af7a512ce70' } },
}

function parse(query: string) {
  return parseEventSourceQuery(new URLSearchParams(query))
}

describe('event source (RFC 8620 §7.3)', () => {
  it('reads its parameters', () => {
    expect(parse('types=*&closeafter=no&ping=300')).toEqual({ types: undefined, closeAfterState: false, ping: 300 })
    expect(parse('types=Email,Mailbox&closeafter=state&ping=0')).toEqual({
      types: new Set(['Email', 'Mailbox']),
      closeAfterState: true,
      ping: 0,
    })
  })

  it('keeps the ping interval within what the server bears', () => {
    expect(parse('types=*&closeafter=no&ping=1')?.ping).toBe(30)
    expect(parse('types=*&closeafter=no&ping=99999')?.ping).toBe(900)
  })

  it.each([
    '',
    'types=*&closeafter=no',
    'closeafter=no&ping=0',
    'types=&closeafter=no&ping=0',
    'types=*&closeafter=maybe&ping=0',
    'types=*&closeafter=no&ping=-1',
    'types=*&closeafter=no&ping=1.5',
    'types=a b&closeafter=no&ping=0',
  ])('refuses %j', (query) => expect(parse(query)).toBeUndefined())

  it('frames a state event with its id', () => {
    expect(stateEvent(change, '57')).toBe(`event: state\nid: 57\ndata: ${JSON.stringify(change)}\n\n`)
  })

  it('frames a ping with the interval really used', () => {
    expect(pingEvent(300)).toBe('event: ping\ndata: {"interval":300}\n\n')
  })

  it('lets no line end out of an id', () => {
    expect(stateEvent(change, '5\ndata: x')).toContain('id: 5data: x\n')
  })

  it('sends only the types asked for', () => {
    expect(filterTypes(change, undefined)).toBe(change)
    expect(filterTypes(change, new Set(['Mailbox']))).toEqual({
      '@type': 'StateChange',
      changed: { a43461d: { Mailbox: '0af7a512ce70' } },
    })
    expect(filterTypes(change, new Set(['Thread']))).toBeUndefined()
  })
})
