/**
 * What an operator may say of strangers at the door for mail, as text: the flags of the command line and the Worker's
 * variables alike.
 */
import { type BlockList, type ClientList, parseBlockLists, parseWelcomeLists } from './client-list-settings.ts'

/** By the flag's name. */
export interface ScreeningTexts {
  dnsbl?: string | undefined
  dnswl?: string | undefined
  greylist?: string | undefined
  'client-rates'?: string | undefined
}

/** A minute, of one network; 0: as many as it likes. */
export interface ClientRateLimits {
  connections: number
  messages: number
  recipients: number
  /** Recipients that do not exist. */
  unknown: number
}

export interface ScreeningSettings {
  block: readonly BlockList[]
  welcome: readonly ClientList[]
  /** For how long newcomers are put off, in milliseconds; 0: not at all. */
  greylistMs: number
  rates: ClientRateLimits
}

export type ParsedScreening =
  | { ok: true; settings: ScreeningSettings }
  /** `problem` goes on from the setting's name: "must be …". */
  | { ok: false; setting: keyof ScreeningTexts; problem: string }

/** Above what a single mail server sends to one receiver, a gateway in front of it too, and below what one machine can send. */
export const defaultClientRates: Readonly<ClientRateLimits> = {
  connections: 600,
  messages: 2_000,
  recipients: 10_000,
  unknown: 30,
}
const unlimited: Readonly<ClientRateLimits> = { connections: 0, messages: 0, recipients: 0, unknown: 0 }

/** Four hours: a sender that doubles its pauses has tried again by then, well within the time for which that counts. */
const mostSeconds = 14_400

export function parseScreening(texts: ScreeningTexts): ParsedScreening {
  const wrong = (setting: keyof ScreeningTexts, problem: string) => ({ ok: false, setting, problem }) as const
  const block = parseBlockLists(texts.dnsbl ?? '')
  if (block === undefined) {
    return wrong('dnsbl', 'must be lists such as zen.example or bl.example=junk, with commas between, or none')
  }
  const welcome = parseWelcomeLists(texts.dnswl ?? '')
  if (welcome === undefined) return wrong('dnswl', 'must be lists such as list.example, with commas between, or none')
  const seconds = texts.greylist?.trim().toLowerCase() ?? ''
  const delay = seconds === '' || seconds === 'off' ? 0 : /^\d{1,5}$/.test(seconds) ? Number(seconds) : Number.NaN
  if (delay !== 0 && !(delay <= mostSeconds)) {
    return wrong('greylist', `must be off or a number of seconds, at most ${mostSeconds}`)
  }
  const rates = parseRates(texts['client-rates'] ?? '')
  if (rates === undefined) {
    return wrong('client-rates', 'must be off or numbers a minute such as connections=600,unknown=30')
  }
  return { ok: true, settings: { block, welcome, greylistMs: delay * 1000, rates } }
}

function parseRates(text: string): ClientRateLimits | undefined {
  const written = text.trim().toLowerCase()
  if (written === 'off') return unlimited
  const rates = { ...defaultClientRates }
  if (written === '') return rates
  for (const one of written.split(',')) {
    const [, name = '', number] = /^\s*([a-z]+)\s*=\s*(\d{1,9})\s*$/.exec(one) ?? []
    if (!Object.hasOwn(rates, name)) return undefined
    rates[name as keyof ClientRateLimits] = Number(number)
  }
  return rates
}
