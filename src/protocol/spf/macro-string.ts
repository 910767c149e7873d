/**
 * Macro strings: `%{ir}.%{v}._spf.%{d2}`.
 *
 * Standards: RFC 7208 §7.
 * Limits: a record's octets; expansion takes at most nine times the macro's own arguments, the name is cut after.
 */
import type { SpfError } from './error.ts'

export interface Macro {
  /** Lower case: s l o d i p v h, and in explanations c r t. */
  letter: string
  /** An upper case letter asks for URL escaping. */
  escape: boolean
  /** Parts kept from the right; undefined for all. */
  keep: number | undefined
  reverse: boolean
  delimiters: string
}

/** Text between macros, and macros. `%%`, `%_` and `%-` are of the text but count as macros at the end of a name. */
export type MacroPiece = { text: string; escaped: boolean } | Macro

const MACRO = /^%\{([a-z])(\d{0,3})(r?)([.\-+,/_=]*)\}/i
const escapes: Readonly<Record<string, string>> = { '%%': '%', '%_': ' ', '%-': '%20' }

/** The pieces of a macro string; undefined when the syntax is broken. Letters for explanations only are marked by `explanation`. */
export function parseMacroString(text: string, explanation = false): MacroPiece[] | undefined {
  const pieces: MacroPiece[] = []
  const letters = explanation ? 'slodipvhcrt' : 'slodipvh'
  for (let at = 0; at < text.length;) {
    const percent = text.indexOf('%', at)
    if (percent !== at) {
      const end = percent < 0 ? text.length : percent
      pieces.push({ text: text.slice(at, end), escaped: false })
      at = end
      continue
    }
    const escape = escapes[text.slice(at, at + 2)]
    if (escape !== undefined) {
      pieces.push({ text: escape, escaped: true })
      at += 2
      continue
    }
    const [all, letter, digits, reverse, delimiters] = MACRO.exec(text.slice(at, at + 32)) ?? []
    if (all === undefined || !letters.includes(letter!.toLowerCase()) || (digits !== '' && Number(digits) === 0)) {
      return undefined
    }
    pieces.push({
      letter: letter!.toLowerCase(),
      escape: letter! <= 'Z',
      keep: digits === '' ? undefined : Number(digits),
      reverse: reverse !== '',
      delimiters: delimiters === '' ? '.' : delimiters!,
    })
    at += all.length
  }
  return pieces
}

/** True when a text ends in a dot and a label that is no number, with or without the dot of the root. */
function endsInTopLabel(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  const dot = name.lastIndexOf('.')
  const label = name.slice(dot + 1)
  return dot >= 0 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(label) && !/^\d+$/.test(label)
}

/** A domain-spec: a macro string that ends in a macro or in a dot and a top label (RFC 7208 §7.1). */
export function parseDomainSpec(text: string): MacroPiece[] | undefined {
  const pieces = parseMacroString(text)
  const last = pieces?.at(-1)
  if (last === undefined || ('text' in last && !last.escaped && !endsInTopLabel(last.text))) return undefined
  return pieces
}

/** Gives the value of a macro letter. */
export type MacroValues = (letter: string) => Promise<string>

export async function expandMacros(pieces: readonly MacroPiece[], values: MacroValues): Promise<string> {
  let text = ''
  for (const piece of pieces) text += 'text' in piece ? piece.text : transform(piece, await values(piece.letter))
  return text
}

function transform(macro: Macro, value: string): string {
  const { keep, reverse, delimiters, escape } = macro
  let result = value
  if (keep !== undefined || reverse || delimiters !== '.') {
    let parts = splitAt(value, delimiters)
    if (reverse) parts.reverse()
    if (keep !== undefined) parts = parts.slice(-keep)
    result = parts.join('.')
  }
  return escape ? urlEscape(result) : result
}

function splitAt(value: string, delimiters: string): string[] {
  const parts = ['']
  for (const char of value) {
    if (delimiters.includes(char)) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts
}

/** Everything but the unreserved characters of RFC 3986 §2.3. */
function urlEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, percentEncode)
}

function percentEncode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
}

/** For the record of a term whose macros are broken. */
export function brokenMacro(term: string): SpfError {
  return { status: 'permerror', reason: `"${term}" has a broken macro or domain` }
}
