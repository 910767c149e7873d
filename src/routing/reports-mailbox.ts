/**
 * The mailbox of a domain that is nobody's: for the reports that other servers send about it.
 */

/** At every hosted domain, unless an account or an alias has it. */
export const reportsLocalPart = 'mail-reports'

/** Stands where an account's id would. */
export function reportsMailbox(domain: string): string {
  return `reports ${domain}`
}

/** The domain whose mailbox for reports this is; undefined: it is an account. */
export function domainOfReports(accountId: string): string | undefined {
  return accountId.startsWith('reports ') ? accountId.slice('reports '.length) : undefined
}
