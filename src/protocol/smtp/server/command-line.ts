/**
 * A command line cut into verb and argument.
 *
 * Standards: RFC 5321 §2.4, §4.1.1; RFC 6531 §3.3 (UTF-8 in arguments). Security: unauthenticated peers feed this.
 */
import { isAscii, latin1 } from '../../../format/index.ts'

export interface CommandLine {
  /** Upper-cased. */
  verb: string
  /** Without surrounding spaces. */
  argument: string
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined when the line has control characters or is neither ASCII nor UTF-8. */
export function parseCommandLine(bytes: Uint8Array): CommandLine | undefined {
  const text = decode(bytes)
  // control characters have no place in a command
  if (text === undefined || /[\u0000-\u001f\u007f-\u009f]/.test(text)) return undefined
  const space = text.indexOf(' ')
  if (space < 0) return { verb: text.toUpperCase(), argument: '' }
  return { verb: text.slice(0, space).toUpperCase(), argument: text.slice(space + 1).trim() }
}

function decode(bytes: Uint8Array): string | undefined {
  if (isAscii(bytes)) return latin1(bytes)
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}
