/**
 * How text is compared when results are sorted.
 *
 * Standards: RFC 8620 §5.5 (Comparator), RFC 4790 §9.2 and §9.3, RFC 5051.
 */
import { encodeUtf8, latin1 } from '../../format/index.ts'

export type Collation = 'i;ascii-casemap' | 'i;octet' | 'i;unicode-casemap'

/** Each makes of a text the key that code units order as the collation does. */
const folds: Readonly<Record<Collation, (text: string) => string>> = {
  'i;ascii-casemap': (text) => octets(text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  'i;octet': octets,
  'i;unicode-casemap': (text) => text.toUpperCase().normalize('NFKD'),
}

export const collations = Object.keys(folds) as readonly Collation[]

/** The key function of a collation; by default one that knows Unicode and ignores case, as RFC 8620 §5.5 wants. */
export function foldOf(collation: Collation = 'i;unicode-casemap'): (text: string) => string {
  return folds[collation]
}

function octets(text: string): string {
  return latin1(encodeUtf8(text))
}
