/**
 * The cause in the words of a server that gives no status code, or one that says nothing: many say "550 no such user".
 *
 * Standards: RFC 5321 §4.2.2 (551), RFC 7504 (521, 556).
 * Security: strangers' words; all they do is to choose one of our sentences, and they stand below it.
 */
import type { Cause } from './wording/catalogue.ts'

/** Read from above: what is about a person's mailbox before what is about rules, which often are given as the reason too. */
const WORDS: readonly (readonly [RegExp, Cause])[] = [
  [
    /\bover ?quota|quota exceeded|exceed\w* (?:\w+ ){0,2}quota|mailbox (?:is )?full|(?:insufficient|out of) storage/,
    'mailboxFull',
  ],
  [/too (?:large|big)|(?:message|mail) size|exceeds (?:the )?(?:maximum|size|limit)/, 'tooLarge'],
  [
    /(?:account|mailbox|user|address) (?:is |has been )?(?:disabled|deactivated|inactive|suspended|closed|locked)/,
    'mailboxClosed',
  ],
  [/(?:dnsbl|rbl|spamhaus|block ?list|black ?list|blocked|spam|reputation|unsolicited|policy|virus)/, 'refused'],
  [/\b(?:spf|dkim|dmarc|unauthenticated)\b/, 'senderRefused'],
  [/(?:must issue|requires?|need) (?:a )?(?:starttls|tls|encryption)/, 'insecure'],
  [
    /(?:no such|unknown|invalid|non-?existent|nonexistent) (?:user|recipient|mailbox|address|account|local)/,
    'unknownAddress',
  ],
  [
    /(?:user|recipient|mailbox|address|account) (?:<[^<> ]{1,320}> )?(?:is )?(?:unknown|unavailable|invalid|not found|not known)/,
    'unknownAddress',
  ],
  [/does(?: not|n't) exist|no mailbox here|not our customer|user doesn't have/, 'unknownAddress'],
  [/relay(?:ing)? (?:access )?(?:denied|not permitted)|not (?:permitted|allowed) to relay/, 'noMail'],
  [/loop|too many hops/, 'loop'],
]

const CODES: Readonly<Record<string, Cause>> = { '521': 'noMail', '551': 'unknownAddress', '556': 'noMail' }

/** So much of an answer is read. */
const LIMIT = 1000

/** Undefined when the words say nothing that we know. */
export function causeInWords(diagnostic: string): Cause | undefined {
  const text = diagnostic.slice(0, LIMIT).toLowerCase()
  return WORDS.find(([words]) => words.test(text))?.[1] ?? CODES[text.slice(0, 3)]
}

/** Of qmail and its kin, which put the status at the end: `no mailbox here by that name. (#5.1.1)`. */
export function statusInWords(diagnostic: string): string | undefined {
  return /\(#([245]\.\d{1,3}\.\d{1,3})\b/.exec(diagnostic.slice(0, LIMIT))?.[1]
}
