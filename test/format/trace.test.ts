import { describe, expect, test } from 'vitest'
import {
  countReceived,
  deliveredTo,
  deliveredToField,
  encodeUtf8,
  latin1,
  parseHeader,
  prependFields,
  receivedField,
  ownReceived,
  returnPathField,
} from '../../src/format/index.ts'

const time = Date.parse('2026-11-23T03:21:00Z')

describe('Received (RFC 5321 §4.4)', () => {
  test('tells who, by whom, how and when', () => {
    expect(
      receivedField({
        helo: 'mx.example.org',
        clientName: 'mail.example.org',
        clientAddress: '192.0.2.1',
        by: 'facteur.test',
        protocol: 'ESMTPS',
        id: 'abc123',
        recipient: 'alice@facteur.test',
        tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
        time,
      }),
    ).toBe(
      'Received: from mx.example.org (mail.example.org [192.0.2.1])\r\n' +
        '\tby facteur.test with ESMTPS id abc123\r\n' +
        '\tfor <alice@facteur.test>\r\n' +
        '\ttls TLS_AES_256_GCM_SHA384 (TLSv1.3);\r\n' +
        '\tMon, 23 Nov 2026 03:21:00 +0000\r\n',
    )
  })

  test('a cipher that is not named as IANA does is a comment (RFC 8314 §4.3)', () => {
    const tls = { version: 'TLSv1.2', cipher: 'ECDHE-RSA-AES128-GCM-SHA256' }
    expect(receivedField({ by: 'x', time, tls })).toContain('\r\n\t(using TLSv1.2 cipher ECDHE-RSA-AES128-GCM-SHA256);')
    expect(receivedField({ by: 'x', time, tls: { version: 'TLSv1.2' } })).toContain('\r\n\t(using TLSv1.2);')
  })

  test('IPv6 is tagged (§4.1.3), and what is unknown is left out', () => {
    expect(receivedField({ clientAddress: '2001:db8::1', by: 'x', time, zone: 60 })).toBe(
      'Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r\n\tby x;\r\n\tMon, 23 Nov 2026 04:21:00 +0100\r\n',
    )
    expect(receivedField({ by: 'x', protocol: 'HTTP', time })).toBe(
      'Received: by x with HTTP;\r\n\tMon, 23 Nov 2026 03:21:00 +0000\r\n',
    )
  })

  test('a HELO name cannot add a field, close a comment or overflow a line (header injection)', () => {
    const field = receivedField({
      helo: `evil\r\nX-Spam: no)(; ${'x'.repeat(5000)}`,
      clientName: 'a\nb) by c',
      by: 'x',
      recipient: 'a@b>\r\nX: y',
      time,
    })
    expect(parseHeader(encodeUtf8(field)).header.fields).toHaveLength(1)
    expect(field.split('\r\n').every((line) => line.length < 998)).toBe(true)
    expect(field.match(/[()]/g)).toEqual(['(', ')'])
  })
})

test('fields are put on top and counted; Delivered-To is compared in one form (RFC 9228)', () => {
  const raw = prependFields(encodeUtf8('Received: x\r\nDelivered-To: "a"@EXAMPLE.org\r\n\r\nbody'), [
    returnPathField(''),
    deliveredToField('bob@example.org'),
    receivedField({ by: 'x', time }),
  ])
  const { header, bodyStart } = parseHeader(raw)
  expect(header.fields.map(({ name }) => name)).toEqual([
    'Return-Path',
    'Delivered-To',
    'Received',
    'Received',
    'Delivered-To',
  ])
  expect(header.first('return-path')).toBe('<>')
  expect(countReceived(header)).toBe(2)
  expect(deliveredTo(header)).toEqual(['bob@example.org', 'a@example.org'])
  expect(latin1(raw, bodyStart)).toBe('body')
})

test('a path cannot break out of its field', () => {
  expect(returnPathField('a@b>\r\nX: y')).toBe('Return-Path: <a@bX: y>\r\n')
  expect(returnPathField('"a b"@x')).toBe('Return-Path: <"a b"@x>\r\n')
})

describe('ids of ours in Received fields', () => {
  const ours = receivedField({
    by: 'mx.facteur.test',
    helo: 'x',
    clientAddress: '192.0.2.1',
    protocol: 'ESMTPSA',
    id: 'k3-1',
    time,
  })
  const value = ours.slice('Received: '.length).replace(/\r\n/g, '')

  const date = 'Mon, 23 Nov 2026 09:30:00 +0000'
  test.each([
    [[value], ['k3-1']],
    [['from a by relay.test with ESMTP id zzz; now', value], ['k3-1']],
    [[`by mx.facteur.test id abc12345; ${date}`], ['abc12345']],
    [[`from a by MX.Facteur.Test with ESMTP id q1; ${date}`], ['q1']],
    [[value, value, `by mx.facteur.test id k3-1; ${date}`], ['k3-1']],
    [['by mx.facteur.test id abc12345; now', 'by mx.facteur.test id abc12345'], []],
    [[`from a by mx.facteur.test.evil.test id q1; ${date}`, 'by mx.facteur.test', ''], []],
  ])('%j', (fields, ids) => expect(ownReceived(fields, 'mx.facteur.test').map(({ id }) => id)).toEqual(ids))

  test('and when it came', () => expect(ownReceived([value], 'mx.facteur.test')).toEqual([{ id: 'k3-1', time }]))
})
