/**
 * A Thunderbird profile with one account, set up as a user does by hand, that asks nobody anything but the password.
 */
import type { ReachableFacteur } from '../interop/server.ts'

const quiet = {
  'app.update.enabled': false,
  'browser.safebrowsing.enabled': false,
  'calendar.integration.notify': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.policy.dataSubmissionPolicyBypassNotification': true,
  'extensions.update.enabled': false,
  'mail.biff.play_sound': false,
  'mail.biff.show_alert': false,
  'mail.provider.enabled': false,
  'mail.rights.version': 1,
  'mail.shell.checkDefaultClient': false,
  'mail.spotlight.firstRunDone': true,
  'mailnews.start_page.enabled': false,
  'mailnews.start_page_override.mstone': 'ignore',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  // Nothing is fetched from anywhere but the server under test.
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'toolkit.telemetry.enabled': false,
}

/** The text of `user.js`. */
export function profile(server: ReachableFacteur, user: string): string {
  const account = {
    'mail.accountmanager.accounts': 'account1,account2',
    'mail.accountmanager.defaultaccount': 'account1',
    'mail.accountmanager.localfoldersserver': 'server2',
    'mail.account.account1.identities': 'id1',
    'mail.account.account1.server': 'server1',
    'mail.account.account2.server': 'server2',
    'mail.identity.id1.fullName': 'Reader',
    'mail.identity.id1.useremail': user,
    'mail.identity.id1.valid': true,
    'mail.identity.id1.smtpServer': 'smtp1',
    'mail.identity.id1.archive_granularity': 0,
    'mail.server.server1.type': 'imap',
    'mail.server.server1.hostname': '127.0.0.1',
    'mail.server.server1.port': server.ports.imap,
    'mail.server.server1.userName': user,
    'mail.server.server1.name': user,
    'mail.server.server1.socketType': 0,
    'mail.server.server1.authMethod': 3,
    'mail.server.server1.login_at_startup': true,
    'mail.server.server1.check_new_mail': true,
    'mail.server.server2.type': 'none',
    'mail.server.server2.hostname': 'Local Folders',
    'mail.server.server2.userName': 'nobody',
    'mail.server.server2.name': 'Local Folders',
    'mail.smtpservers': 'smtp1',
    'mail.smtpserver.smtp1.hostname': '127.0.0.1',
    'mail.smtpserver.smtp1.port': server.ports.submission,
    'mail.smtpserver.smtp1.username': user,
    'mail.smtpserver.smtp1.authMethod': 3,
    'mail.smtpserver.smtp1.try_ssl': 0,
  }
  return Object.entries({ ...quiet, ...account })
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('')
}
