import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/access/jmap/index.ts'
import { defaultSessionLimits } from '../../../src/access/imap/index.ts'
import { traceAllowance } from '../../../src/format/index.ts'
import { LoginGuard } from '../../../src/host/workers/account/login-guard.ts'
import { messageSizeLimits } from '../../../src/host/workers/account/message-size.ts'
import { scryptHasher } from '../../../src/host/workers/account/password-hasher.ts'
import type { Env } from '../../../src/host/workers/env.ts'
import { settingsOf } from '../../../src/host/workers/settings.ts'
import { defaultStoreLimits } from '../../../src/mailbox/index.ts'

function settings(variables: Partial<Env>) {
  return settingsOf(variables as Env)
}

function limitsOf(variables: Partial<Env>) {
  return messageSizeLimits(variables as Env)
}

describe('settings', () => {
  it('have sound defaults', () => {
    expect(settings({})).toMatchObject({ mxPort: 25, doh: 'https://cloudflare-dns.com/dns-query' })
    expect(settings({}).queueLifetime).toBe(5 * 24 * 3_600_000)
  })

  it('name the mail servers of our domains and their MTA-STS policy', () => {
    expect(settings({ FACTEUR_HOSTNAME: 'Mail.example.org' }).tls).toEqual({ mxNames: ['mail.example.org'] })
    const mxNames = ['mx1.example.org', '*.mx.example.org']
    const variables = { FACTEUR_MX_NAMES: 'MX1.example.org, *.mx.example.org', FACTEUR_MTA_STS: 'testing' }
    expect(settings({ ...variables, FACTEUR_MTA_STS_DAYS: '30' }).tls).toEqual({
      mxNames,
      stsPolicy: { mode: 'testing', mx: mxNames, maxAge: 2_592_000 },
    })
  })

  it('treat an empty variable as absent', () => {
    expect(settings({ FACTEUR_ADMIN_TOKEN: ' ', FACTEUR_EGRESS: '' })).not.toHaveProperty('adminToken')
  })

  it.each<[Partial<Env>, RegExp]>([
    [{ FACTEUR_MX_PORT: 'smtp' }, /FACTEUR_MX_PORT must be a number from 1 to 65535/],
    [{ FACTEUR_MX_PORT: '0' }, /FACTEUR_MX_PORT/],
    [{ FACTEUR_DOH: 'cloudflare-dns.com' }, /FACTEUR_DOH must be an http or https URL/],
    [{ FACTEUR_EGRESS: 'ftp://x' }, /FACTEUR_EGRESS/],
    [{ FACTEUR_SMARTHOST: 'mail.example.com' }, /smarthost/i],
    [{ FACTEUR_MAX_MESSAGE_SIZE: '99999999999' }, /FACTEUR_MAX_MESSAGE_SIZE/],
    [{ FACTEUR_QUEUE_LIFETIME_HOURS: 'NaN' }, /FACTEUR_QUEUE_LIFETIME_HOURS/],
    [{ FACTEUR_MTA_STS: 'strict' }, /FACTEUR_MTA_STS must be none, testing or enforce/],
    [{ FACTEUR_MTA_STS_DAYS: '0' }, /FACTEUR_MTA_STS_DAYS must be a number from 1 to 365/],
    [{ FACTEUR_MX_NAMES: 'mx.example.org, mx_2:25' }, /FACTEUR_MX_NAMES must be a list of host names/],
    [{ FACTEUR_HTTPS_GATEWAY: 'localhost' }, /FACTEUR_HTTPS_GATEWAY must be an http or https URL/],
    [{ FACTEUR_DNSBL: 'localhost' }, /FACTEUR_DNSBL must be lists such as/],
    [{ FACTEUR_CLIENT_RATES: 'mails=1' }, /FACTEUR_CLIENT_RATES must be off or numbers/],
    [{ FACTEUR_PUSH_TO_PRIVATE: 'maybe' }, /FACTEUR_PUSH_TO_PRIVATE must be yes or no/],
  ])('refuse %j with one clear sentence', (variables, sentence) => {
    expect(() => settings(variables)).toThrow(sentence)
  })
})

describe('the largest message', () => {
  it('is 25 MiB unless the operator says otherwise, as with Email Routing', () => {
    expect(settings({}).maxMessageSize).toBe(26_214_400)
    expect(limitsOf({})).toEqual({
      store: { maxMessageSize: defaultStoreLimits.maxMessageSize },
      jmap: {
        maxSizeUpload: defaultLimits.maxSizeUpload,
        maxSizeEmail: defaultLimits.maxSizeEmail,
        maxSizeAttachmentsPerEmail: defaultLimits.maxSizeAttachmentsPerEmail,
      },
      imap: { appendLimit: defaultSessionLimits.appendLimit },
    })
    expect([defaultLimits.maxSizeEmail, defaultSessionLimits.appendLimit]).toEqual([26_214_400, 26_214_400])
  })

  it('is the same number for JMAP and IMAP; the store takes our trace fields on top of it', () => {
    expect(limitsOf({ FACTEUR_MAX_MESSAGE_SIZE: '1000000' })).toEqual({
      store: { maxMessageSize: 1_000_000 + traceAllowance },
      jmap: { maxSizeUpload: 1_000_000, maxSizeEmail: 1_000_000, maxSizeAttachmentsPerEmail: 730_769 },
      imap: { appendLimit: 1_000_000 },
    })
  })

  it('is a whole number of octets', () => {
    expect(() => settings({ FACTEUR_MAX_MESSAGE_SIZE: '1000000.5' })).toThrow(/FACTEUR_MAX_MESSAGE_SIZE/)
  })
})

describe('the login guard', () => {
  it('blocks one address after ten failures, for the rest of its quarter of an hour', () => {
    let now = 0
    const guard = new LoginGuard(() => now)
    for (let i = 0; i < 10; i++) {
      expect(guard.wait('a')).toBe(0)
      guard.failed('a')
    }
    expect(guard.wait('a')).toBe(900)
    expect(guard.wait('b')).toBe(0)
    now = 900_000
    expect(guard.wait('a')).toBe(0)
  })

  it('takes the addresses of an IPv6 /64 for one, which they are to whoever has it (RFC 6177 §2)', () => {
    const guard = new LoginGuard(() => 0)
    for (let i = 0; i < 10; i++) guard.failed(`2001:db8:0:1::${i}`)
    expect(guard.wait('2001:db8:0:1:ffff::1')).toBe(900)
    expect(guard.wait('2001:db8:0:2::1')).toBe(0)
    for (let i = 0; i < 10; i++) guard.failed('::ffff:192.0.2.1')
    expect([guard.wait('192.0.2.1'), guard.wait('::ffff:192.0.2.2')]).toEqual([900, 0])
  })

  it('blocks all after a thousand failures from anywhere', () => {
    const guard = new LoginGuard(() => 0)
    for (let i = 0; i < 1_000; i++) guard.failed(`client ${i}`)
    expect(guard.wait('innocent')).toBe(900)
  })

  it('does not lock the owner out where they have logged in from', () => {
    const guard = new LoginGuard(() => 0)
    guard.succeeded('home')
    for (let i = 0; i < 2_000; i++) guard.failed(`client ${i}`)
    expect(guard.wait('home')).toBe(0)
    for (let i = 0; i < 10; i++) guard.failed('home')
    expect(guard.wait('home')).toBe(900)
  })

  it('remembers fifty such addresses, the latest ones', () => {
    const guard = new LoginGuard(() => 0)
    for (let i = 0; i < 51; i++) guard.succeeded(`network ${i}`)
    for (let i = 0; i < 1_000; i++) guard.failed(`client ${i}`)
    expect([guard.wait('network 0'), guard.wait('network 1')]).toEqual([900, 0])
  })

  it('forgets the failures of an address that succeeds', () => {
    const guard = new LoginGuard(() => 0)
    for (let i = 0; i < 9; i++) guard.failed('a')
    guard.succeeded('a')
    guard.failed('a')
    expect(guard.wait('a')).toBe(0)
  })
})

describe('the password hash', () => {
  it('verifies what it made, salted, in one Unicode form', async () => {
    const hash = await scryptHasher.hash('caf\u00e9')
    expect(hash).toMatch(/^scrypt\$16384\$8\$1\$/)
    expect(await scryptHasher.hash('caf\u00e9')).not.toBe(hash)
    expect(await scryptHasher.verify('cafe\u0301', hash)).toBe(true)
    expect(await scryptHasher.verify('cafe', hash)).toBe(false)
  })

  it.each(['', 'x', 'md5$1$2$3$4$5', 'scrypt$16384$8$1$$', 'scrypt$16384$8$1$AAAA$AAAA'])(
    'refuses %j',
    async (hash) => {
      expect(await scryptHasher.verify('x', hash)).toBe(false)
    },
  )
})

describe('verifying mail from outside', () => {
  it('follows the policies of domains, but for this machine, unless the operator says otherwise', () => {
    expect(settings({}).verification).toMatchObject({ dmarc: 'enforce', trustedSealers: [], trustedAuthservIds: [] })
    expect(settings({}).verification.trustedNetworks).toHaveLength(2)
    expect(settings({}).verification.authservId).toBeUndefined()
  })

  it('reads lists of names', () => {
    const variables = { FACTEUR_TRUSTED_SEALERS: 'Google.com, bücher.example', FACTEUR_AUTHSERV_ID: 'Example.org' }
    expect(settings(variables).verification).toMatchObject({
      trustedSealers: ['google.com', 'xn--bcher-kva.example'],
      authservId: 'example.org',
    })
    expect(settings({ FACTEUR_TRUSTED_NETWORKS: 'none' }).verification.trustedNetworks).toEqual([])
  })

  it.each<[Partial<Env>, RegExp]>([
    [{ FACTEUR_DMARC: 'yes' }, /^FACTEUR_DMARC must be enforce, report or off$/],
    [{ FACTEUR_DMARC_REPORTS: 'yes' }, /^FACTEUR_DMARC_REPORTS must be others, all or none$/],
    [{ FACTEUR_TRUSTED_NETWORKS: '10.0.0.0/33' }, /^FACTEUR_TRUSTED_NETWORKS must be networks/],
    [{ FACTEUR_TRUSTED_SEALERS: 'a b' }, /^FACTEUR_TRUSTED_SEALERS must be domains/],
    [{ FACTEUR_TRUSTED_AUTHSERV_IDS: ',' }, /^FACTEUR_TRUSTED_AUTHSERV_IDS must be names/],
    [{ FACTEUR_AUTHSERV_ID: 'a.example,b.example' }, /^FACTEUR_AUTHSERV_ID must be a name/],
  ])('refuses %j', (variables, sentence) => {
    expect(() => settings(variables)).toThrow(sentence)
  })
})
