/**
 * How much a text looks like one that people write: the scales of the charset guess.
 *
 * A weight is a sum over the characters above ASCII, about two for each octet that is plausible; negative weights speak
 * against the reading. Each is linear in its text.
 */

/** Letters by how much they are used, upper ones a little less. */
const cyrillicLetters: readonly (readonly [letters: string, weight: number])[] = [
  ['оеаинтсрвл', 2],
  ['кмдпуяызь', 1.5],
  ['бгчйхжюшці\u0457є\u0451', 0.5],
  ['щэфъґўђљњћџј', -1],
]
const cyrillicWeights = new Map(
  cyrillicLetters.flatMap(([letters, weight]) => Array.from(letters, (one) => [one, weight])),
)

/** Russian, Ukrainian, Bulgarian …: no upper case within a word, no Latin letters in it, no box drawing. */
export function cyrillicWeight(text: string): number {
  let weight = 0
  const characters = Array.from(text)
  for (const [at, character] of characters.entries()) {
    if (character < '\x80') continue
    const lower = character.toLowerCase()
    const letter = cyrillicWeights.get(lower)
    const before = characters[at - 1] ?? ' '
    if (letter === undefined) weight += punctuation.has(character) ? 0.5 : -3
    else if (asciiLetter.test(before) || asciiLetter.test(characters[at + 1] ?? ' ')) weight -= 2
    else if (character === lower) weight += letter
    else weight += isLower(before) ? -4 : letter - 0.5
  }
  return weight
}

const asciiLetter = /[A-Za-z]/
const punctuation = new Set('«»„“”‘’–—…№€©®°·•\u00a0')
const accented = new Set('éèêëàâäáãåçñöôòóõüûùúíìîïßøæœÿýšžðþ')

/** Western European: letters with accents stand among ASCII letters, hardly ever in rows, and mostly in lower case. */
export function westernWeight(text: string): number {
  let weight = 0
  let row = 0
  const characters = Array.from(text)
  for (const [at, character] of characters.entries()) {
    if (character < '\x80') {
      row = 0
      continue
    }
    row++
    const before = characters[at - 1] ?? ' '
    const after = characters[at + 1] ?? ' '
    const lower = character.toLowerCase()
    if (accented.has(lower)) {
      const among = asciiLetter.test(before) || asciiLetter.test(after)
      const shouted = character !== lower && isLower(before)
      weight += row > 2 || shouted ? -2 : among ? 2 : 0.5
    } else if (!punctuation.has(character) && !'¿¡£§ªº´'.includes(character)) weight -= 2
    else weight += asciiLetter.test(before) ? 2 : 0.5
  }
  return weight
}

export interface DoubleByteScript {
  /** A label of TextDecoder. */
  readonly charset: string
  /** What makes up a good part of any text. */
  readonly common: ReadonlySet<string>
  /** Lead octets of the characters that a literate person knows, and of punctuation. */
  readonly frequent: readonly (readonly [number, number])[]
  /** Kana is as good as proof; without, it does not belong here. */
  readonly kana: boolean
}

/** Text in pairs of octets: frequent characters count, common ones more; one octet that fits nothing counts against. */
export function doubleByteWeight(sample: Uint8Array, script: DoubleByteScript): number {
  let weight = 0
  for (let at = 0; at < sample.length; at++) {
    const lead = sample[at]!
    if (lead < 0x80) continue
    const isKatakana = script.charset === 'shift_jis' && lead >= 0xa1 && lead <= 0xdf
    if (isKatakana) {
      weight -= 0.5
      continue
    }
    at++
    weight += script.frequent.some(([from, to]) => lead >= from && lead <= to) ? 1.5 : -2
  }
  for (const character of new TextDecoder(script.charset).decode(sample)) {
    if (character < '\x80') continue
    if (script.common.has(character)) weight += 2.5
    else if (/[\u3040-\u30ff]/.test(character)) weight += script.kana ? 1.5 : -3
    else if (/[\ufffd\ue000-\uf8ff\x80-\x9f]/.test(character)) weight -= 6
  }
  return weight
}

function isLower(character: string): boolean {
  return character !== character.toUpperCase()
}
