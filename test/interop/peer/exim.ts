/**
 * Exim as somebody else's mail server, in a jail.
 *
 * With a resolver it sends by MX, and only to servers that DANE vouches for (RFC 7672).
 *
 * It takes mail for anybody but `nobody@` and, while it is busy, `busy@`.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeJail } from './jail.ts'
import { domainsOf, mailsOfMbox, type Peer, type PeerOptions, sizeLimit, untilListening } from './peer.ts'

export const eximProgram = '/usr/sbin/exim4'

export async function startExim(options: PeerOptions): Promise<Peer> {
  const jail = await makeJail([eximProgram], { 'Debian-exim': 1000 })
  for (const path of ['spool', 'log', 'mail']) jail.directoryFor(path, 1000)
  jail.write('etc/resolv.conf', `nameserver ${options.resolver ?? '127.0.0.1'}\noptions trust-ad\n`)
  jail.write('cert.pem', options.identity.cert)
  jail.write('key.pem', options.identity.key)
  // Where it looks by itself: a file that is named on the command line costs it its privileges.
  jail.write('etc/exim4/exim4.conf', configuration(options))
  const busy = join(jail.directory, 'busy')
  const daemon = jail.start(eximProgram, '-bdf')
  await untilListening(daemon, options.port, options.faces.full)
  return {
    ...options,
    mails: () => mailsOfMbox(jail.read('mail/all')),
    log: () => jail.read('log/mainlog'),
    busy: (is) => (is ? writeFileSync(busy, '') : rmSync(busy)),
    flush: async () => void (await jail.run(eximProgram, '-qff')),
    stop: () => jail.close(),
  }
}

/** What stands for one thing where a client has connected to `face`, and for another elsewhere. */
function at(face: string, then: string, otherwise: string): string {
  return `\${if eq{$received_ip_address}{${face}}{${then}}{${otherwise}}}`
}

function configuration({ name, port, faces, relay, resolver }: PeerOptions): string {
  const unlessPlain = at(faces.plain, '', '*')
  return `
primary_hostname = ${name}.test
exim_path = ${eximProgram}
spool_directory = /spool
log_file_path = /log/%slog
log_selector = +pipelining +smtp_protocol_error +received_recipients +dkim_verbose
daemon_smtp_ports = ${port}
local_interfaces = <, ${Object.values(faces).join(', ')}
domainlist ours = ${domainsOf(name).join(' : ')}
hostlist here = 127.0.0.0/8
tls_certificate = /cert.pem
tls_privatekey = /key.pem
tls_advertise_hosts = ${unlessPlain}
dsn_advertise_hosts = ${unlessPlain}
smtputf8_advertise_hosts = ${unlessPlain}
chunking_advertise_hosts = ${unlessPlain}
pipelining_advertise_hosts = ${unlessPlain}
message_size_limit = ${sizeLimit}
recipients_max = 100
recipients_max_reject = false
keep_environment =
acl_smtp_mail = sender
acl_smtp_rcpt = recipient
acl_smtp_data = accept

begin acl

sender:
  deny condition = ${at(faces.strict, '${if def:tls_in_cipher {no}{yes}}', 'no')}
       message = TLS first
  accept

recipient:
  defer domains = +ours
        local_parts = busy
        condition = \${if exists{/busy}}
        message = 4.7.1 come back later
  deny domains = +ours
       local_parts = nobody
       message = 5.1.1 no such user
  accept domains = +ours
  accept hosts = +here

begin routers

ours:
  driver = accept
  domains = +ours
  transport = file

out:
${resolver === undefined ? '  driver = manualroute\n  route_list = * 127.0.0.1' : '  driver = dnslookup\n  dnssec_request_domains = *'}
  self = send
  transport = out

begin transports

file:
  driver = appendfile
  file = /mail/all
  user = Debian-exim
  create_file = anywhere
  return_path_add
  envelope_to_add

out:
  driver = smtp
  port = ${relay}
  interface = ${faces.full}
  hosts_require_tls = *
  tls_verify_certificates =
  ${resolver === undefined ? 'hosts_try_dane =' : 'hosts_require_dane = *\n  dnssec_request_domains = *'}
  helo_data = ${name}.test

begin retry

* * F,1h,1s
`
}
