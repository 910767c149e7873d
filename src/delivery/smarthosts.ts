/**
 * The operator's smarthosts, each with a name by which routes speak of it.
 *
 * Security: passwords are in them. Whatever is shown of a smarthost goes through `shownSmarthost`.
 */
import { parseSmarthost, type Smarthost } from './smarthost-agent.ts'

/** Names of agents that are no smarthosts. */
export const ownAgents: readonly string[] = ['mx', 'email-service']
/** Of a smarthost that has no other name. */
export const unnamedSmarthost = 'smarthost'

/** In the order in which they were given. */
export type Smarthosts = ReadonlyMap<string, Smarthost>

/** Reads `URL` or `name=URL`, several apart by spaces. `problem` is a sentence that quotes no password. */
export function parseSmarthosts(
  text: string,
): { ok: true; smarthosts: Map<string, Smarthost> } | { ok: false; problem: string } {
  const smarthosts = new Map<string, Smarthost>()
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const named = /^([^=:/@]*)=(.*)$/.exec(word)
    const name = named?.[1] ?? unnamedSmarthost
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name) || ownAgents.includes(name)) {
      return { ok: false, problem: 'The name of a smarthost is of a-z, 0-9 and -, and neither mx nor email-service.' }
    }
    if (smarthosts.has(name))
      return { ok: false, problem: `Two smarthosts are called ${name}; write them as name=URL.` }
    const parsed = parseSmarthost(named?.[2] ?? word)
    if (!parsed.ok) return parsed
    smarthosts.set(name, parsed.smarthost)
  }
  return { ok: true, smarthosts }
}

/** Where it is, without what opens it. */
export function shownSmarthost({ host, port, tls, auth, by }: Smarthost): string {
  const name = host.includes(':') ? `[${host}]` : host
  const login = auth === undefined ? '' : ', with a password'
  return `${name}:${port}, tls ${tls}${login}${by === undefined ? '' : `, by the ${by}`}`
}
