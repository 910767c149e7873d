/**
 * What a person sees when the server is up: where everything listens, who can log in, and what to try.
 */
import { demoAccounts } from './demo.ts'
import type { LocalServer } from './start.ts'

const services: readonly (readonly [flag: keyof LocalServer['addresses'], name: string])[] = [
  ['smtp', 'SMTP (mail from other servers)'],
  ['submission', 'Submission (mail apps, STARTTLS)'],
  ['submissions', 'Submission (mail apps, TLS)'],
  ['imap', 'IMAP (STARTTLS)'],
  ['imaps', 'IMAP (TLS)'],
  ['pop3', 'POP3 (STARTTLS)'],
  ['pop3s', 'POP3 (TLS)'],
]

/** The text for stdout. Its first line begins `facteur is ready`; scripts wait for that. */
export function announcement(server: LocalServer): string {
  const rows: [string, string][] = [
    ['Web and JMAP', server.url],
    ...services.flatMap(([flag, name]): [string, string][] => {
      const address = server.addresses[flag]
      return address === undefined ? [] : [[name, `${address.address}:${address.port}`]]
    }),
    ['Data', server.data],
  ]
  const lines = [
    `facteur is ready at ${server.url}`,
    '',
    ...rows.map(([name, where]) => `  ${name.padEnd(34)}${where}`),
  ]
  if (server.demoPassword !== undefined) lines.push('', ...demonstration(server, server.demoPassword))
  return lines.join('\n')
}

function demonstration(server: LocalServer, password: string): string[] {
  const [alice, bob] = demoAccounts
  const submission = server.addresses.submission
  const imap = server.addresses.imap
  const message = `'From: ${alice.address}\\nTo: ${bob.address}\\nSubject: Hello\\n\\nIt works.\\n'`
  return [
    '  Accounts to try it with',
    ...demoAccounts.map((account) => `    ${account.address.padEnd(24)} password ${password}`),
    '',
    '  Try',
    ...(submission === undefined
      ? []
      : [
          `    printf ${message} | curl -s smtp://${submission.address}:${submission.port} \\`,
          `      -u ${alice.address}:${password} --mail-from ${alice.address} --mail-rcpt ${bob.address} -T - --crlf`,
        ]),
    ...(imap === undefined
      ? []
      : [`    curl -s 'imap://${imap.address}:${imap.port}/INBOX;MAILINDEX=1' -u ${bob.address}:${password}`]),
    `    curl -s ${server.url}/jmap/session -u ${bob.address}:${password}`,
    '    npx facteur help',
  ]
}
