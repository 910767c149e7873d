/**
 * How a day's mail fared by DMARC, as a Durable Object named by the day (`2026-11-23`, UTC). In the hours after it sends the
 * reports that domains ask for; then it forgets everything at once.
 */
import { DurableObject } from 'cloudflare:workers'
import { reportThrough } from '../../arrival/index.ts'
import { closesAt, DmarcDay, DmarcReporter, Tally, type TallyText } from '../../reports/index.ts'
import { arrivalPorts } from './arrival-ports.ts'
import type { DmarcDoor } from './doors.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'
import { nameOf } from './object-name.ts'
import { resolver } from './resolver.ts'
import { settingsOf } from './settings.ts'
import { durableSql } from './sql.ts'

/** Many requests each send their own counts: written down as they come, they would be as many commits as all mail. */
const GATHER_MS = 1_000
const MOST_GATHERED = 1_000_000
/** Of a domain and those above it. */
const MOST_NAMES = 4
/** After a fault of ours: long enough not to spin, short enough not to be noticed. */
const AFTER_FAULT_MS = 60_000

export class DmarcObject extends DurableObject<Env> implements DmarcDoor {
  readonly #day: string
  #counts: DmarcDay
  #gathered = new Tally(MOST_GATHERED)
  #willWrite = false
  #isArmed = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#day = nameOf(ctx)
    this.#counts = new DmarcDay(durableSql(ctx.storage))
  }

  async add(tally: TallyText): Promise<void> {
    if (Date.now() >= closesAt(this.#day)) {
      log('warning', 'counts for DMARC reports came too late', { day: this.#day })
      return
    }
    this.#gathered.add(tally)
    if (!this.#willWrite) this.ctx.waitUntil(this.#writeSoon())
  }

  override async alarm(): Promise<void> {
    try {
      const next = await this.#reporter().tick()
      if (next !== undefined) await this.ctx.storage.setAlarm(next)
      else await this.#forget()
    } catch (error) {
      // The platform gives up on an alarm that keeps failing; a report may wait, and must not be forgotten.
      log('error', 'DMARC reports could not be sent', { day: this.#day, error: describe(error) })
      await this.ctx.storage.setAlarm(Date.now() + AFTER_FAULT_MS)
    }
  }

  async #forget(): Promise<void> {
    await this.ctx.storage.deleteAll()
    this.#counts = new DmarcDay(durableSql(this.ctx.storage))
  }

  async #writeSoon(): Promise<void> {
    this.#willWrite = true
    await scheduler.wait(GATHER_MS)
    this.#willWrite = false
    const gathered = this.#gathered
    this.#gathered = new Tally(MOST_GATHERED)
    try {
      this.#counts.add(gathered.toJSON())
      await this.#arm()
    } catch (error) {
      log('error', 'counts for DMARC reports are lost', { day: this.#day, error: describe(error) })
    }
  }

  /** Once in a life it is made sure that the day's reports are made. */
  async #arm(): Promise<void> {
    if (this.#isArmed) return
    this.#isArmed = true
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(closesAt(this.#day))
  }

  #reporter(): DmarcReporter {
    const { env } = this
    const { hostname, defaultDomain, verification } = settingsOf(env)
    const handOver = reportThrough(arrivalPorts(env))
    return new DmarcReporter(this.#day, this.#counts, {
      dns: resolver(env),
      clock: Date.now,
      async mail(raw, to) {
        const recipients = [{ address: to, notify: ['NEVER' as const] }]
        const { code } = await handOver(raw, { reversePath: '', recipients, smtputf8: false, body: '7BIT' })
        return code < 300
      },
      isExempt: async (domain) =>
        verification.dmarcReports === 'none' || (verification.dmarcReports === 'others' && (await isOurs(domain, env))),
      hostname,
      from: `postmaster@${defaultDomain ?? hostname}`,
      log: (event, facts) => log('info', event, facts),
    })
  }
}

/** It is hosted here, or below a domain that is. */
async function isOurs(domain: string, env: Env): Promise<boolean> {
  const labels = domain.split('.')
  const names = labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'))
  const hosted = await Promise.all(names.slice(-MOST_NAMES).map(async (name) => env.DOMAIN.getByName(name).isHosted()))
  return hosted.includes(true)
}
