import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMailboxName, decodeUtf7, encodeMailboxName, encodeUtf7 } from '../../../src/protocol/imap/index.ts'

describe('modified UTF-7 (RFC 3501 §5.1.3)', () => {
  it.each([
    ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
    ['Entwürfe', 'Entw&APw-rfe'],
    ['Tom & Jerry', 'Tom &- Jerry'],
    ['📬', '&2D3c7A-'],
    ['', ''],
  ])('%s is %s', (name, wire) => {
    expect(encodeUtf7(name)).toBe(wire)
    expect(decodeUtf7(wire)).toBe(name)
  })

  it.each([
    ['&AGE-', 'a printable character must not be shifted'],
    ['&Jjo!', 'no end of the shift'],
    ['&Jjo', 'no end of the shift'],
    ['&U,BTFw-&ZeVnLIqe-', 'a null shift between two runs (the RFC’s own example)'],
    ['&AP-', 'half a UTF-16 unit'],
    ['&2D0-', 'a lone surrogate'],
    ['&A*A-', 'not in the alphabet'],
  ])('refuses %s: %s', (wire) => {
    expect(decodeUtf7(wire)).toBeUndefined()
  })

  it('gives every name back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(decodeUtf7(encodeUtf7(name))).toBe(name)
      }),
    )
  })
})

describe('mailbox names on the wire (RFC 9051 §5.1)', () => {
  it('reads INBOX in any case, and only it', () => {
    expect(decodeMailboxName('inBox', false)).toBe('INBOX')
    expect(decodeMailboxName('inBox/x', false)).toBe('inBox/x')
  })

  it('keeps & as it is in UTF-8 names', () => {
    expect(decodeMailboxName('Tom & Jerry', true)).toBe('Tom & Jerry')
    expect(encodeMailboxName('Tom & Jerry', true)).toBe('Tom & Jerry')
    expect(() => decodeMailboxName('Tom & Jerry', false)).toThrow('not modified UTF-7')
  })

  it('reads UTF-8 octets in both modes and refuses other octets', () => {
    expect(decodeMailboxName('Entw\xc3\xbcrfe', false)).toBe('Entwürfe')
    expect(() => decodeMailboxName('Entw\xfcrfe', true)).toThrow('not UTF-8')
  })
})
