/**
 * The languages in which reports are written, and which of them somebody reads.
 *
 * Standards: RFC 4647 §3.4 (lookup), RFC 9110 §12.5.4 (Accept-Language), RFC 3282 (both fields in mail).
 * Limits: as many tags as a person may be thought to have.
 * Security: the fields are anybody's words; all they can do is to choose among our languages.
 */
import type { Header } from '../../message/header.ts'
import type { Catalogue } from './catalogue.ts'
import { dutch } from './dutch.ts'
import { english } from './english.ts'
import { french } from './french.ts'
import { german } from './german.ts'
import { italian } from './italian.ts'
import { japanese } from './japanese.ts'
import { polish } from './polish.ts'
import { portuguese } from './portuguese.ts'
import { spanish } from './spanish.ts'

export const catalogues: readonly Catalogue[] = [
  english,
  german,
  french,
  spanish,
  italian,
  portuguese,
  dutch,
  polish,
  japanese,
]

/** Tags of the languages that reports can be written in. */
export const reportLanguages: readonly string[] = catalogues.map(({ language }) => language)

const mostTags = 20

/** The first that there is, by its primary subtag (`de-AT` is German); English where there is none. */
export function catalogueFor(tags: readonly string[]): Catalogue {
  for (const tag of tags) {
    const [primary] = tag.toLowerCase().split('-')
    const found = catalogues.find(({ language }) => language === primary)
    if (found !== undefined) return found
  }
  return english
}

/** Languages of a message's sender, the best first: those they read, where the message says so, or else those they wrote. */
export function languagesOf(header: Header): string[] {
  const accepted = tagsIn(header.first('accept-language') ?? '')
  const written = tagsIn(header.first('content-language') ?? '')
  return [...accepted, ...written]
}

/** `de-CH, en;q=0.8`: in the order of their weights; weight 0 is "not this one". */
function tagsIn(value: string): string[] {
  return value
    .replace(/\([^()]*\)/g, '')
    .split(',', mostTags)
    .flatMap((item) => {
      const [, tag, weight = '1'] = /^\s*([A-Za-z0-9-]{1,50})\s*(?:;\s*q\s*=\s*([\d.]{1,5})\s*)?$/.exec(item) ?? []
      return tag === undefined || !(Number(weight) > 0) ? [] : [{ tag, weight: Number(weight) }]
    })
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag)
}
