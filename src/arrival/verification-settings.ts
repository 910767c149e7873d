/**
 * What an operator may say of verifying, as text: the flags of the command line and the Worker's variables alike.
 */
import { asciiDomain } from '../protocol/dns/index.ts'
import { type Network, parseNetworks } from './networks.ts'

/** By the flag's name. */
export interface VerificationTexts {
  dmarc?: string | undefined
  'dmarc-reports'?: string | undefined
  'trusted-networks'?: string | undefined
  'authserv-id'?: string | undefined
  'trusted-sealers'?: string | undefined
  'trusted-authserv-ids'?: string | undefined
}

export interface VerificationSettings {
  dmarc: 'enforce' | 'report' | 'off'
  /** Whose domains get a daily report: those that are not hosted here, all, none. */
  dmarcReports: 'others' | 'all' | 'none'
  trustedNetworks: readonly Network[]
  /** Lower case; the host name when it is not there. */
  authservId?: string
  trustedSealers: readonly string[]
  trustedAuthservIds: readonly string[]
}

export type ParsedVerification =
  | { ok: true; settings: VerificationSettings }
  /** `problem` goes on from the setting's name: "must be …". */
  | { ok: false; setting: keyof VerificationTexts; problem: string }

/** Programs of this machine hand in mail as well; what they send has no domain to ask. */
const loopback = '127.0.0.0/8,::1'

export function parseVerification(texts: VerificationTexts): ParsedVerification {
  const wrong = (setting: keyof VerificationTexts, problem: string) => ({ ok: false, setting, problem }) as const
  const dmarc = texts.dmarc?.trim().toLowerCase() ?? 'enforce'
  if (dmarc !== 'enforce' && dmarc !== 'report' && dmarc !== 'off') {
    return wrong('dmarc', 'must be enforce, report or off')
  }
  const dmarcReports = texts['dmarc-reports']?.trim().toLowerCase() ?? 'others'
  if (dmarcReports !== 'others' && dmarcReports !== 'all' && dmarcReports !== 'none') {
    return wrong('dmarc-reports', 'must be others, all or none')
  }
  const trustedNetworks = parseNetworks(texts['trusted-networks'] ?? loopback)
  if (trustedNetworks === undefined) {
    return wrong('trusted-networks', 'must be networks such as 10.0.0.0/8, with commas between, or none')
  }
  const lists = [texts['trusted-sealers'], texts['trusted-authserv-ids'], texts['authserv-id']].map(names)
  const [trustedSealers, trustedAuthservIds, own] = lists
  if (trustedSealers === undefined) return wrong('trusted-sealers', 'must be domains, with commas between')
  if (trustedAuthservIds === undefined) return wrong('trusted-authserv-ids', 'must be names, with commas between')
  if (own === undefined || own.length > 1) return wrong('authserv-id', 'must be a name such as mail.example.org')
  const [authservId] = own
  const named = authservId === undefined ? {} : { authservId }
  return { ok: true, settings: { dmarc, dmarcReports, trustedNetworks, trustedSealers, trustedAuthservIds, ...named } }
}

/** In lower case; undefined when one is no name. */
function names(text = ''): string[] | undefined {
  if (text.trim() === '') return []
  const listed = text.split(',').map((one) => asciiDomain(one.trim()))
  return listed.every((name) => name !== undefined) ? listed : undefined
}
