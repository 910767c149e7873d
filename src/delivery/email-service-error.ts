/**
 * What an error of Cloudflare Email Service means for a recipient.
 *
 * A refusal of the recipient is for good. What the service cannot carry, another agent may. What the operator has to put
 * right there (a domain that is not onboarded, a binding that is restricted) waits for them.
 *
 * Standards: RFC 3463, RFC 5321 §4.2.1.
 * Security: the texts are the service's; they go into reports and logs as those of SMTP servers do.
 */

export interface EmailServiceVerdict {
  status: 'delivered' | 'deferred' | 'bounced'
  enhanced: string
  diagnostic?: string
  /** True of any message: the service takes none now. */
  site?: boolean
  unfit?: boolean
}

type Meaning = Pick<EmailServiceVerdict, 'status' | 'enhanced' | 'site' | 'unfit'>

const unfit = (enhanced: string): Meaning => ({ status: 'bounced', enhanced, unfit: true })

/** https://developers.cloudflare.com/email-service/api/send-emails/workers-api/#error-codes */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['E_VALIDATION_ERROR', unfit('5.6.0')],
  ['E_FIELD_MISSING', unfit('5.6.0')],
  ['E_TOO_MANY_ATTACHMENTS', unfit('5.6.0')],
  ['E_HEADER_NOT_ALLOWED', unfit('5.6.0')],
  ['E_HEADER_USE_API_FIELD', unfit('5.6.0')],
  ['E_HEADER_VALUE_INVALID', unfit('5.6.0')],
  ['E_HEADER_VALUE_TOO_LONG', unfit('5.6.0')],
  ['E_HEADER_NAME_INVALID', unfit('5.6.0')],
  ['E_HEADERS_TOO_LARGE', unfit('5.6.0')],
  ['E_HEADERS_TOO_MANY', unfit('5.6.0')],
  ['E_CONTENT_TOO_LARGE', unfit('5.3.4')],
  ['E_RECIPIENT_SUPPRESSED', { status: 'bounced', enhanced: '5.7.1' }],
  ['E_DELIVERY_FAILED', { status: 'bounced', enhanced: '5.0.0' }],
  ['E_RECIPIENT_NOT_ALLOWED', { status: 'deferred', enhanced: '4.7.1' }],
  ['E_RATE_LIMIT_EXCEEDED', { status: 'deferred', enhanced: '4.3.2', site: true }],
  ['E_DAILY_LIMIT_EXCEEDED', { status: 'deferred', enhanced: '4.3.2', site: true }],
  ['E_INTERNAL_SERVER_ERROR', { status: 'deferred', enhanced: '4.3.0', site: true }],
])

const senderProblems = new Set(['E_SENDER_NOT_VERIFIED', 'E_SENDER_DOMAIN_NOT_AVAILABLE'])

/** `isOurs`: the author's domain is hosted here, or may be. */
export async function verdictOn(error: unknown, isOurs: () => Promise<boolean>): Promise<EmailServiceVerdict> {
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const diagnostic = `Cloudflare Email Service: ${[code, text].filter((part) => part !== '').join(': ')}`
  if (senderProblems.has(code)) {
    return (await isOurs()) ? { status: 'deferred', enhanced: '4.7.1', diagnostic } : { ...unfit('5.7.1'), diagnostic }
  }
  const known = meanings.get(code)
  return { ...(known ?? { status: 'deferred', enhanced: '4.3.0' }), diagnostic }
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z_]{2,60}$/.test(code) ? code : ''
}
