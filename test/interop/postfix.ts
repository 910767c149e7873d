/**
 * Postfix as somebody else's mail server: one instance of its own on loopback, which needs root.
 *
 * It takes mail for any user of its domains and writes it to a mailbox file.
 */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/host/local/ports.ts'
import { untilListening } from './peer/peer.ts'
import { run } from './programs.ts'
import { removeDirectory, temporaryDirectory } from './server.ts'

export interface Postfix {
  readonly port: number
  /** What arrived so far for the domain, as one text. */
  mail(domain: string): string
  log(): string
  /** Tries what waits in its queue now. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/** Why Postfix cannot be started here; undefined when it can. */
export function withoutPostfix(): string | undefined {
  if (!existsSync('/usr/sbin/postfix')) return 'postfix is not installed'
  return userInfo().uid === 0 ? undefined : 'postfix needs root'
}

const services = [
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
].concat(
  ['rewrite unix - - n - - trivial-rewrite', 'bounce unix - - n - 0 bounce', 'defer unix - - n - 0 bounce'],
  ['trace unix - - n - 0 bounce', 'proxymap unix - - n - - proxymap', 'error unix - - n - - error'],
  ['retry unix - - n - - error', 'virtual unix - n n - - virtual', 'anvil unix - - n - 1 anvil'],
  ['smtp unix - - n - - smtp', 'postlog unix-dgram n - n - 1 postlogd'],
  ['pickup unix n - n 60 1 pickup', 'flush unix n - n 1000? 0 flush'],
)

export async function startPostfix(options: {
  readonly domains: readonly string[]
  readonly identity: { readonly cert: string; readonly key: string }
  /** Lines for main.cf. */
  readonly settings?: readonly string[]
  /** In place of 127.0.0.1 with any free port: addresses, each with its own settings (`name=value`, without spaces). */
  readonly listeners?: { readonly port: number; readonly addresses: Readonly<Record<string, readonly string[]>> }
}): Promise<Postfix> {
  const directory = temporaryDirectory()
  chmodSync(directory, 0o755)
  const [config, queue, data, mail] = ['config', 'queue', 'data', 'mail'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
    string,
  ]
  for (const path of [config, queue, data, mail]) mkdirSync(path)
  await run('chown', ['postfix', data])
  await run('chown', ['nobody', mail])
  writeFileSync(join(config, 'cert.pem'), options.identity.cert)
  writeFileSync(join(config, 'key.pem'), options.identity.key, { mode: 0o600 })
  const port = options.listeners?.port ?? (await freePort('127.0.0.1'))
  const addresses = options.listeners?.addresses ?? { '127.0.0.1': [] }
  const settings = options.settings ?? []
  const defaults = [
    'compatibility_level = 3.6',
    `queue_directory = ${queue}`,
    `data_directory = ${data}`,
    'maillog_file_prefixes = /',
    `maillog_file = ${join(directory, 'log')}`,
    'myhostname = postfix.test',
    'mydestination =',
    'mynetworks = 127.0.0.0/8',
    'inet_protocols = ipv4',
    'alias_maps =',
    'default_transport = error:nothing goes out from here',
    'alias_database =',
    `virtual_mailbox_domains = ${options.domains.join(', ')}`,
    `virtual_mailbox_base = ${mail}`,
    `virtual_mailbox_maps = regexp:${join(config, 'mailboxes')}`,
    'virtual_uid_maps = static:65534',
    'virtual_gid_maps = static:65534',
    'smtpd_tls_security_level = may',
    'smtpd_tls_received_header = yes',
    `smtpd_tls_chain_files = ${join(config, 'key.pem')}, ${join(config, 'cert.pem')}`,
    'smtpd_recipient_restrictions = reject_unauth_destination',
  ]
  // Of two lines for one parameter Postfix takes the last, and complains.
  const given = new Set(settings.map(nameOf))
  const main = [...defaults.filter((line) => !given.has(nameOf(line))), ...settings]
  // A pattern for each: what a pattern found may not become a path.
  const mailboxes = options.domains.map((domain) => `/@${domain.replaceAll('.', '\\.')}$/ ${domain}\n`)
  writeFileSync(join(config, 'mailboxes'), mailboxes.join(''))
  writeFileSync(join(config, 'main.cf'), `${main.join('\n')}\n`)
  const inet = Object.entries(addresses).map(
    ([address, own]) => `${address}:${port} inet n - n - - smtpd ${own.map((setting) => `-o ${setting}`).join(' ')}`,
  )
  writeFileSync(join(config, 'master.cf'), `${[...inet, ...services].join('\n')}\n`)
  await run('/usr/sbin/postfix', ['-c', config, 'check'])
  // In the foreground, so that it ends with the test whatever happens.
  const master = spawn('/usr/lib/postfix/sbin/master', ['-c', config, '-s'], { stdio: 'ignore', detached: true })
  const ended = new Promise<void>((resolve) => master.once('exit', () => resolve()))
  await untilListening(master, port, Object.keys(addresses)[0])
  return {
    port,
    mail: (domain) => read(join(mail, domain)),
    log: () => read(join(directory, 'log')),
    flush: async () => void (await run('/usr/sbin/postqueue', ['-c', config, '-f'])),
    async stop() {
      master.kill('SIGTERM')
      await ended
      removeDirectory(directory)
    },
  }
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : ''
}

function nameOf(setting: string): string {
  return setting.slice(0, setting.indexOf('=')).trim()
}
