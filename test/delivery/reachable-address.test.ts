import { expect, test } from 'vitest'
import { expand, isPrivateAddress } from '../../src/delivery/reachable-address.ts'

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::0001',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::FFFF:127.0.0.1',
  '::127.0.0.1',
  '10.0.0.1',
  '100.64.0.0',
  '100.127.255.255',
  '172.16.0.0',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.0.8',
  '::ffff:10.0.0.1',
  '64:ff9b::10.0.0.1',
  '2002:a00:1::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'localhost',
  '',
  '1.2.3',
  '300.1.1.1',
  '1::2::3',
  ':::',
  '1:2:3:4:5:6:7:8:9',
  'g::1',
])('%j must not be dialled', (address) => expect(isPrivateAddress(address)).toBe(true))

test.each([
  '192.0.2.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.1.1',
  '2001:db8::1',
  '2001:DB8:0:0::1',
  '64:ff9b::192.0.2.1',
  '::ffff:192.0.2.1',
])('%s may be dialled', (address) => expect(isPrivateAddress(address)).toBe(false))

test('expand writes out all eight groups, or refuses', () => {
  expect(expand('2001:db8::1:0')).toEqual([0x2001, 0xdb8, 0, 0, 0, 0, 1, 0])
  expect(expand('::')).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  expect(expand('1::1.2.3.4')).toEqual([1, 0, 0, 0, 0, 0, 0x102, 0x304])
  for (const wrong of ['', '1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7::8:9', '12345::', '::1.2.3.400'])
    expect(expand(wrong)).toBeUndefined()
})
