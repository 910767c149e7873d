/**
 * Names of masked addresses: nothing tells whose they are, and they can be read out over a telephone.
 */

const consonants = 'bdfghjklmnprstvz'
const vowels = 'aeiou'

/** Characters of a prefix: the rest of a local part's 64 octets is ours. */
export const maxMaskPrefix = 46

/**
 * Like `tulomi.kepazo427`, or `shop.kepazo427` with a prefix: 2⁴⁸ of the one and 2²⁹ of the other. `random` gives an even
 * whole number below its argument.
 */
export function maskName(random: (below: number) => number, prefix = ''): string {
  const syllable = () => letter(consonants, random) + letter(vowels, random)
  const word = () => syllable() + syllable() + syllable()
  const digits = String(random(1000)).padStart(3, '0')
  return `${prefix === '' ? word() : prefix}.${word()}${digits}`
}

function letter(letters: string, random: (below: number) => number): string {
  return letters.charAt(random(letters.length))
}
