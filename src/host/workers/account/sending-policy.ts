/**
 * What an account says of mail that its people send outside, in the words of SMTP.
 *
 * Standards: RFC 3463 (4.7.0 and 5.1.1), RFC 5321 §4.2.1 (450: later).
 */
import type { SendingVerdict } from '../../../arrival/index.ts'
import type { MailStore, SendingLimits, SendingRefusal, Suppression } from '../../../mailbox/index.ts'
import type { Reply } from '../../../protocol/smtp/index.ts'

export function sendingVerdict(
  store: Pick<MailStore, 'suppressions' | 'sendingRate' | 'facts'>,
  limits: SendingLimits,
  outside: readonly string[],
  committed: boolean,
): SendingVerdict {
  const { language } = store.facts
  const verdict = limitsVerdict(store, limits, outside, committed)
  return language === undefined ? verdict : { ...verdict, language }
}

function limitsVerdict(
  store: Pick<MailStore, 'suppressions' | 'sendingRate'>,
  limits: SendingLimits,
  outside: readonly string[],
  committed: boolean,
): SendingVerdict {
  const refused = [...suppressionReplies(store, outside)].map(([address, reply]) => ({ address, reply }))
  const open = outside.length - refused.length
  if (open === 0) return { refused }
  if (committed) {
    store.sendingRate.count(open, limits)
    return { refused }
  }
  const refusal = store.sendingRate.spend(open, limits)
  return refusal === undefined ? { refused } : { refusal: limitReply(refusal), refused: [] }
}

/** Those of the addresses to which the account does not send for now, and what is said of them. */
export function suppressionReplies(
  store: Pick<MailStore, 'suppressions'>,
  addresses: readonly string[],
): Map<string, Reply> {
  const found = new Map(store.suppressions.among(addresses).map((one) => [one.address, one]))
  return new Map(
    addresses.flatMap((address): [string, Reply][] => {
      const one = found.get(address.toLowerCase())
      return one === undefined ? [] : [[address, suppressionReply(address, one)]]
    }),
  )
}

function suppressionReply(address: string, { reason, since, detail }: Suppression): Reply {
  const day = new Date(since).toISOString().slice(0, 10)
  const why =
    reason === 'complained' ? `complained about mail from you on ${day}` : `did not take mail on ${day}: ${detail}`
  return { code: 550, enhanced: '5.1.1', text: `<${address}> ${why}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 400) }
}

function limitReply({ limit, most, again }: SendingRefusal): Reply {
  const per = limit === 'hour' ? 'an hour' : 'a day'
  const text = `You may send to ${most} recipients outside ${per}; there is room again after ${new Date(again).toISOString()}`
  return { code: 450, enhanced: '4.7.0', text }
}
