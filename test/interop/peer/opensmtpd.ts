/**
 * OpenSMTPD as somebody else's mail server, in a jail.
 *
 * It takes mail for anybody but `nobody@` and, while it is busy, `busy@`. It has neither SMTPUTF8 nor CHUNKING, and its
 * PIPELINING cannot be turned off.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeJail } from './jail.ts'
import { domainsOf, type Peer, type PeerOptions, sizeLimit, untilListening } from './peer.ts'

export const opensmtpdProgram = '/usr/sbin/smtpd'
const control = '/usr/sbin/smtpctl'
const shell = '/usr/bin/dash'

const users = { opensmtpd: 1000, opensmtpq: 1001, vmail: 1002 }

/** Puts `busy@` off: a filter that reads one line for each event, and answers those that ask. */
const filter = `#!/bin/sh
while IFS='|' read -r kind version time system phase session token address; do
  if [ "$kind" = config ] && [ "$version" = ready ]; then
    echo 'register|filter|smtp-in|rcpt-to'
    echo 'register|ready'
  fi
  [ "$kind" = filter ] || continue
  verdict=proceed
  case "$address" in busy@*) [ ! -e /busy ] || verdict='reject|451 4.7.1 come back later' ;; esac
  echo "filter-result|$session|$token|$verdict"
done
`

export async function startOpensmtpd(options: PeerOptions): Promise<Peer> {
  const libexec = '/usr/libexec/opensmtpd'
  const programs = [opensmtpdProgram, control, shell, `${libexec}/mail.maildir`]
  const jail = await makeJail(programs, users)
  // It insists on its group's rights.
  chownSync(join(jail.directory, control), 0, users.opensmtpq)
  chmodSync(join(jail.directory, control), 0o2755)
  symlinkSync('dash', join(jail.directory, 'usr/bin/sh'))
  for (const path of ['var/lib/opensmtpd/empty', 'var/run', 'mail', 'log']) jail.directoryFor(path)
  jail.directoryFor('var/spool/smtpd', 0, 0o711)
  jail.directoryFor('mail', users.vmail)
  jail.write('cert.pem', options.identity.cert)
  jail.write('key.pem', options.identity.key, 0o600)
  // It insists on some.
  jail.write('etc/ssl/certs/ca-certificates.crt', options.identity.cert)
  jail.write('filter', filter, 0o755)
  jail.write('etc/smtpd.conf', configuration(options), 0o600)
  const mail = join(jail.directory, 'mail', 'new')
  const busy = join(jail.directory, 'busy')
  const daemon = jail.start(shell, '-c', `exec ${opensmtpdProgram} -d >/log/main 2>&1`)
  await untilListening(daemon, options.port, options.faces.full)
  return {
    ...options,
    mails() {
      const names = existsSync(mail) ? readdirSync(mail) : []
      return names.map((name) => readFileSync(join(mail, name), 'latin1'))
    },
    log: () => jail.read('log/main'),
    busy: (is) => (is ? writeFileSync(busy, '') : rmSync(busy)),
    flush: async () => void (await jail.run(control, 'schedule', 'all')),
    stop: () => jail.close(),
  }
}

function configuration({ name, port, faces, relay }: PeerOptions): string {
  const listen = (address: string, more: string) =>
    `listen on ${address} port ${port} hostname ${name}.test filter busy ${more}`
  return `
pki ours cert "/cert.pem"
pki ours key "/key.pem"
smtp max-message-size ${sizeLimit}
filter busy proc-exec "/filter"
${listen(faces.full, 'tls pki ours')}
${listen(faces.strict, 'tls-require pki ours')}
${listen(faces.plain, 'no-dsn')}
table domains { ${domainsOf(name).join(', ')} }
table strangers { ${domainsOf(name)
    .map((domain) => `nobody@${domain}`)
    .join(', ')} }
table people { "@" = vmail }
action keep maildir "/mail" virtual <people>
action out relay src ${faces.full} helo ${name}.test host smtp+tls://127.0.0.1:${relay} tls no-verify
match from any for rcpt-to <strangers> reject
match from any for domain <domains> action keep
match for any action out
`
}
