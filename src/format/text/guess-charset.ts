/**
 * Which charset 8-bit text without a (true) name is in: the one in which it reads most like a language.
 *
 * Each candidate decodes a sample and is weighed: what its language uses much counts for it, what no one writes against.
 * UTF-8 is not among them, since it proves itself; Western European is what remains.
 *
 * Limits: the sample, from the first octet above 7F on.
 * Security: fed by anyone; linear in the sample.
 */
import { cyrillicWeight, doubleByteWeight, westernWeight } from './script-weight.ts'
import type { DoubleByteScript } from './script-weight.ts'

const sampleOctets = 2048
/** Two characters that are met often; one alone proves nothing. */
const leastWeight = 2.5

const chinese =
  '的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里' +
  '好请谢件通知公司您议日月时间收电话文附部业工同关系邮新信息产品网年号及与成报告务司价'
const traditional =
  '的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡' +
  '好請謝件通知公司您議日月時間收電話文附部業工同關係郵新信息產品網號及與成報告務價'
const japanese =
  'のにはをたがでてとしれさいるなすますこもっかくきりんらうよそあまけどつせょちめろお日本会社様御願致株式山田定議知東京都' +
  'ンスルイトーリアラクシドフレッマタコロ'
const korean =
  '이다는을의에가하고로은를한지니요사안녕세기어서도아자일있시대인리해과그나정수제주부전보회장습합입님만여게관메계'

const doubleByte: readonly DoubleByteScript[] = [
  {
    charset: 'shift_jis',
    common: new Set(japanese),
    frequent: [
      [0x81, 0x84],
      [0x88, 0x97],
    ],
    kana: true,
  },
  {
    charset: 'euc-jp',
    common: new Set(japanese),
    frequent: [
      [0xa1, 0xa5],
      [0xb0, 0xcf],
    ],
    kana: true,
  },
  {
    charset: 'gb18030',
    common: new Set(chinese),
    frequent: [
      [0xa1, 0xa3],
      [0xb0, 0xd7],
    ],
    kana: false,
  },
  {
    charset: 'big5',
    common: new Set(traditional),
    frequent: [
      [0xa1, 0xa2],
      [0xa4, 0xc6],
    ],
    kana: false,
  },
  {
    charset: 'euc-kr',
    common: new Set(korean),
    frequent: [
      [0xa1, 0xa3],
      [0xb0, 0xc8],
    ],
    kana: false,
  },
]
const cyrillic = ['windows-1251', 'koi8-u'] as const

/** A label of TextDecoder. The octets are neither ASCII nor UTF-8. */
export function guessCharset(bytes: Uint8Array): string {
  const sample = sampleOf(bytes)
  let best = 'windows-1252'
  let most = Math.max(leastWeight, westernWeight(decoded(sample, best)))
  const consider = (charset: string, weight: number): void => {
    if (weight <= most) return
    best = charset
    most = weight
  }
  for (const charset of cyrillic) consider(charset, cyrillicWeight(decoded(sample, charset)))
  for (const script of doubleByte) consider(script.charset, doubleByteWeight(sample, script))
  return best
}

/** Begins before the first octet above 7F, so that a pair is not cut and a word's first letter is seen. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  let first = 0
  while (first < bytes.length && bytes[first]! < 0x80) first++
  return bytes.subarray(Math.max(0, first - 1), first + sampleOctets)
}

function decoded(sample: Uint8Array, charset: string): string {
  return new TextDecoder(charset).decode(sample)
}
