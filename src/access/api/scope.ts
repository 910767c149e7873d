/**
 * What an API token may do: a noun, and for most whether it may only be read or also be changed.
 */

/** Every scope, with what it allows; the table is shown to people as it stands. */
export const scopes = {
  'messages:send': 'send as the accounts that the token is for, see what became of it, and cancel what is held',
  'messages:read': 'read the mail of the accounts that the token is for',
  'domains:read': 'see hosted domains, the records of their zones and their keys',
  'domains:write': 'host domains, host them no longer, change their keys',
  'accounts:read': 'see accounts and what they hold',
  'accounts:write': 'make and remove accounts, set their passwords, quotas, limits and tokens',
  'aliases:read': 'see aliases',
  'aliases:write': 'make and remove aliases',
  'masks:read': 'see masked addresses of accounts',
  'masks:write': 'make up masked addresses, and take them back',
  'lists:read': 'see distribution lists and who is on them',
  'lists:write': 'make, change and remove distribution lists, and say who is on them',
  'webhooks:read': 'see webhooks of domains, without their secrets',
  'webhooks:write': 'make and remove webhooks, and change their secrets',
  'suppressions:read': 'see to whom an account does not send for now',
  'suppressions:write': 'let an account send there again',
  'queues:read': 'see what waits',
  'queues:write': 'retry, hold, release and drop what waits; set limits of destinations',
  'routes:read': 'see which way mail to other domains goes',
  'routes:write': 'change which way mail to other domains goes',
  'reports:read': 'see what other servers report of mail in the name of hosted domains',
  'rules:read': 'see rules of domains, and try them',
  'rules:write': 'change rules of domains',
  'traces:read': 'see what became of any message',
  'tokens:read': 'see API tokens, without their secrets',
  'tokens:write': 'make and revoke API tokens that may do no more than their maker',
  'usage:read': 'see how much there is, and how much goes through',
  'audit:read': 'see who changed what',
} as const satisfies Record<string, string>

export type Scope = keyof typeof scopes

export const allScopes = Object.keys(scopes) as Scope[]

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text)
}
