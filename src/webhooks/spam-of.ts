/**
 * What the content scanner said of a message, as we wrote it down when the message came.
 *
 * Security: a field below our own Received is whoever's: only what stands above is ours.
 */
import type { Header } from '../format/index.ts'

export interface SpamVerdict {
  /** What Rspamd would do: `no action`, `add header`, `rewrite subject`. */
  readonly action: string
  /** Null: it named none. */
  readonly score: number | null
  /** The score from which a message is refused. */
  readonly required: number | null
  /** What told most, and how much each added. */
  readonly symbols: Readonly<Record<string, number>>
}

/** Null: no scanner was asked, or it did not answer. */
export function spamOf(header: Header): SpamVerdict | null {
  for (const { name, value } of header.fields) {
    const lower = name.toLowerCase()
    if (lower === 'received') return null
    const verdict = lower === 'x-rspamd' ? readVerdict(value) : undefined
    if (verdict !== undefined) return verdict
  }
  return null
}

function readVerdict(value: string): SpamVerdict | undefined {
  const match = /^\s*([ -~]*?) \((\S{1,20}) \/ (\S{1,20})\)(?:;([^;]*))?\s*$/.exec(value)
  if (match === null) return undefined
  const [, action = '', score = '', required = '', symbols = ''] = match
  const told = [...symbols.matchAll(/(?:^|\s)([\w.-]+)=(-?\d+(?:\.\d+)?)(?=\s|$)/g)]
  return {
    action,
    score: numberIn(score),
    required: numberIn(required),
    symbols: Object.fromEntries(told.map(([, name = '', weight]) => [name, Number(weight)])),
  }
}

function numberIn(text: string): number | null {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : null
}
