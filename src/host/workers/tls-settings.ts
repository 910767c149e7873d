/**
 * The operator's variables about TLS between mail servers.
 */
import type { StsPolicy } from '../../format/index.ts'
import { canonicalName } from '../../protocol/dns/index.ts'
import type { Env } from './env.ts'

export interface TlsSettings {
  /** Names that our MX records have. */
  readonly mxNames: readonly string[]
  /** The MTA-STS policy of our domains; absent: none is served. */
  readonly stsPolicy?: StsPolicy
  /** Stands in front of other people's web servers, without a slash at its end: `<gateway>/<host>/<path>`. */
  readonly httpsGateway?: string
}

const DAY = 86_400

/** The settings, or one clear sentence about what is wrong. */
export function readTlsSettings(env: Env, hostname: string): TlsSettings | string {
  const mxNames = (env.FACTEUR_MX_NAMES ?? '').toLowerCase().split(/[ ,]+/).filter(Boolean)
  for (const name of mxNames) {
    if (canonicalName(name.replace(/^\*\./, '')) === undefined) return 'FACTEUR_MX_NAMES must be a list of host names'
  }
  const names = mxNames.length === 0 ? [hostname] : mxNames
  const gateway = env.FACTEUR_HTTPS_GATEWAY?.trim() ?? ''
  if (gateway !== '' && !(URL.canParse(gateway) && /^https?:$/.test(new URL(gateway).protocol))) {
    return 'FACTEUR_HTTPS_GATEWAY must be an http or https URL'
  }
  const mode = env.FACTEUR_MTA_STS?.trim() ?? ''
  if (mode !== '' && mode !== 'none' && mode !== 'testing' && mode !== 'enforce') {
    return 'FACTEUR_MTA_STS must be none, testing or enforce'
  }
  const days = Number(env.FACTEUR_MTA_STS_DAYS?.trim() || 7)
  if (!(days >= 1 && days <= 365)) return 'FACTEUR_MTA_STS_DAYS must be a number from 1 to 365'
  return {
    mxNames: names,
    ...(mode === '' ? {} : { stsPolicy: { mode, mx: names, maxAge: Math.floor(days * DAY) } }),
    ...(gateway === '' ? {} : { httpsGateway: new URL(gateway).href.replace(/\/$/, '') }),
  }
}
