/**
 * SQL of a domain's webhooks, in the domain's object.
 *
 * Limits: 50 a domain; two secrets at once, the second for as long as receivers change over.
 */
import type { Sql, SqlRow } from '../storage/index.ts'
import {
  type OutgoingEvent,
  usualKeep,
  type Watcher,
  type Webhook,
  type WebhookSecret,
  type WebhookSettings,
} from './webhook.ts'

const mostWebhooks = 50

interface WebhookRow extends SqlRow {
  name: string
  url: string
  secrets: string
  created: number
  stopped: number | null
  keep: number
  events: string
}

export class WebhookStore {
  readonly #sql: Sql
  #watchers: readonly Watcher[] | undefined

  constructor(sql: Sql) {
    this.#sql = sql
  }

  all(): Webhook[] {
    return this.#sql.exec<WebhookRow>('SELECT * FROM webhook ORDER BY name').toArray().map(fromRow)
  }

  /** Those that hear of mail from the domain; remembered, since every question for an address asks. */
  get watchers(): readonly Watcher[] {
    return (this.#watchers ??= this.all()
      .filter(({ events }) => events.length > 0)
      .map(({ name, events }) => ({ name, events })))
  }

  get(name: string): Webhook | undefined {
    return this.#sql.exec<WebhookRow>('SELECT * FROM webhook WHERE name = ?', name).toArray().map(fromRow)[0]
  }

  /** Makes one, or changes what is said of one and starts it again. False: there are too many. */
  set(name: string, { url, keep, events }: WebhookSettings, secret: string, now: number): boolean {
    this.#watchers = undefined
    const present = this.get(name)
    if (present !== undefined) {
      const update = 'UPDATE webhook SET url = ?, keep = ?, events = ?, stopped = NULL WHERE name = ?'
      this.#sql.exec(update, url, keep ?? present.keep, (events ?? present.events).join(), name)
      return true
    }
    if (this.all().length >= mostWebhooks) return false
    const secrets: WebhookSecret[] = [{ secret, created: now }]
    const insert = 'INSERT INTO webhook (name, url, secrets, created, keep, events) VALUES (?, ?, ?, ?, ?, ?)'
    this.#sql.exec(insert, name, url, JSON.stringify(secrets), now, keep ?? usualKeep, events?.join() ?? '')
    return true
  }

  /** The new secret signs from now on, beside the one before it. False: no such webhook. */
  rotate(name: string, secret: string, now: number): boolean {
    const webhook = this.get(name)
    if (webhook === undefined) return false
    const secrets = [{ secret, created: now }, ...webhook.secrets].slice(0, 2)
    this.#sql.exec('UPDATE webhook SET secrets = ? WHERE name = ?', JSON.stringify(secrets), name)
    return true
  }

  stop(name: string, now: number): void {
    this.#sql.exec('UPDATE webhook SET stopped = ? WHERE name = ? AND stopped IS NULL', now, name)
  }

  clear(): void {
    this.#watchers = undefined
    this.#sql.exec('DELETE FROM webhook')
  }

  remove(name: string): boolean {
    this.#watchers = undefined
    const isThere = this.get(name) !== undefined
    if (isThere) this.#sql.exec('DELETE FROM webhook WHERE name = ?', name)
    return isThere
  }
}

function fromRow({ secrets, stopped, events, ...row }: WebhookRow): Webhook {
  return {
    ...row,
    events: events === '' ? [] : (events.split(',') as OutgoingEvent[]),
    secrets: JSON.parse(secrets) as WebhookSecret[],
    ...(stopped === null ? {} : { stopped }),
  }
}
