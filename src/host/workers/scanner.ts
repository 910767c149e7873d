/**
 * The content scanner in the settings, over HTTP.
 *
 * A scanner that does not answer in time holds no mail up: the message is taken unscanned, and the log says so.
 */
import { type ContentScanner, Rspamd } from '../../arrival/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'
import { within } from './within.ts'

const SCAN_MS = 8_000
/** Longer answers are no verdicts. */
const MAX_ANSWER = 1024 * 1024

export function scanner(env: Env): { scanner?: ContentScanner } {
  const { rspamd } = settingsOf(env)
  if (rspamd === undefined) return {}
  const { origin, password } = rspamd
  const base = `${origin}${rspamd.pathname.replace(/\/$/, '')}`
  const ask = async (path: string, facts: [string, string][], body: Uint8Array): Promise<string> => {
    const headers = new Headers()
    for (const [name, value] of facts) headers.append(name, value)
    if (password !== '') headers.set('Password', decodeURIComponent(password))
    return within(SCAN_MS, async (signal) => {
      const response = await fetch(`${base}${path}`, { method: 'POST', headers, body, redirect: 'manual', signal })
      const text = await response.text()
      if (response.status !== 200) throw new Error(`Rspamd answered ${response.status}`)
      if (text.length > MAX_ANSWER) throw new Error('the answer of Rspamd is too long')
      return text
    })
  }
  return { scanner: new Rspamd(ask) }
}
