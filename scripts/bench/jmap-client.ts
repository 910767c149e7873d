/**
 * A JMAP client for measuring: any server by URL and login, connections kept open, answers read as octets.
 *
 * Standards: RFC 8620 §2 (session), §3.3 (requests), §6.1 (uploads).
 */
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'

export type Call = readonly [name: string, args: Record<string, unknown>, id: string]

export interface Answer {
  readonly body: Buffer
  /** From the request to the last octet of the answer. */
  readonly milliseconds: number
}

interface Session {
  readonly apiUrl: string
  readonly uploadUrl: string
  readonly primaryAccounts: Record<string, string>
  readonly capabilities: Record<string, { maxObjectsInSet?: number }>
}

const mail = 'urn:ietf:params:jmap:mail'
const using = ['urn:ietf:params:jmap:core', mail]

export class JmapClient {
  readonly accountId: string
  /** Records that one request may change. */
  readonly maxObjectsInSet: number
  readonly #agent: Agent
  readonly #authorization: string
  readonly #apiUrl: URL
  readonly #uploadUrl: URL

  private constructor(base: URL, session: Session, authorization: string, agent: Agent) {
    this.#agent = agent
    this.#authorization = authorization
    this.accountId = session.primaryAccounts[mail] ?? ''
    this.maxObjectsInSet = session.capabilities['urn:ietf:params:jmap:core']?.maxObjectsInSet ?? 500
    this.#apiUrl = new URL(session.apiUrl, base)
    this.#uploadUrl = new URL(session.uploadUrl.replace('{accountId}', this.accountId), base)
  }

  /** `url`: the session resource, or the API of a server that gives the session there. */
  static async open(url: string, user: string, password: string): Promise<JmapClient> {
    const agent = new Agent({ keepAlive: true })
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const base = new URL(url)
    const { body } = await exchange(base, agent, authorization)
    return new JmapClient(base, JSON.parse(body.toString()) as Session, authorization, agent)
  }

  /** A prepared request: what is measured does not include making it. */
  prepare(calls: readonly Call[]): () => Promise<Answer> {
    const methodCalls = calls.map(([name, args, id]) => [name, { accountId: this.accountId, ...args }, id])
    const body = Buffer.from(JSON.stringify({ using, methodCalls }))
    return async () => {
      const answer = await exchange(this.#apiUrl, this.#agent, this.#authorization, body, 'application/json')
      if (answer.body.includes('["error"')) throw new Error(answer.body.toString().slice(0, 500))
      return answer
    }
  }

  /** The arguments of each response. */
  async call<Responses extends readonly unknown[]>(...calls: Call[]): Promise<Responses> {
    const { body } = await this.prepare(calls)()
    const { methodResponses } = JSON.parse(body.toString()) as { methodResponses: [string, unknown, string][] }
    return methodResponses.map(([, args]) => args) as unknown as Responses
  }

  /** Keeps a message; the answer names its blob. */
  upload(octets: Buffer): Promise<Answer> {
    return exchange(this.#uploadUrl, this.#agent, this.#authorization, octets, 'message/rfc822')
  }

  close(): void {
    this.#agent.destroy()
  }
}

function exchange(url: URL, agent: Agent, authorization: string, body?: Buffer, type?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const headers = {
      authorization,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': body.length }),
    }
    const sent = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const answer = { body: Buffer.concat(chunks), milliseconds: performance.now() - start }
        const status = response.statusCode ?? 0
        if (status >= 200 && status < 300) resolve(answer)
        else reject(new Error(`${url.pathname}: ${status} ${answer.body.toString().slice(0, 300)}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
