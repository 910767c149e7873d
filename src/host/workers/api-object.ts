/**
 * API tokens and the audit log as one Durable Object named `api`.
 *
 * A token is asked for once a minute from each isolate that sees it, whatever it is used for; no mail waits for this object
 * but what a program sends.
 */
import { DurableObject } from 'cloudflare:workers'
import {
  type ApiToken,
  type AuditRecord,
  AuditStore,
  type NewApiToken,
  type NewAuditRecord,
  TokenStore,
} from '../../access/api/index.ts'
import type { ApiDoor } from './doors.ts'
import type { Env } from './env.ts'
import { durableSql } from './sql.ts'

export class ApiObject extends DurableObject<Env> implements ApiDoor {
  readonly #tokens: TokenStore
  readonly #audit: AuditStore

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const sql = durableSql(ctx.storage)
    this.#tokens = new TokenStore(sql)
    this.#audit = new AuditStore(sql)
  }

  tokens(): ApiToken[] {
    return this.#tokens.list()
  }

  addToken(id: string, hash: string, token: NewApiToken): ApiToken | undefined {
    const created = Date.now()
    return this.#tokens.add(id, hash, token, created) ? { ...token, id, created } : undefined
  }

  removeToken(id: string): ApiToken | undefined {
    return this.#tokens.remove(id)
  }

  useToken(id: string, hash: string): ApiToken | undefined {
    return this.#tokens.use(id, hash, Date.now())
  }

  record(entry: NewAuditRecord): void {
    this.#audit.add(entry, Date.now())
  }

  audit(page: { before?: number; limit: number }): AuditRecord[] {
    return this.#audit.list(page)
  }
}
