/**
 * The administration API as the command line uses it.
 *
 * The server is `FACTEUR_URL` with `FACTEUR_TOKEN`, or the one that runs on the data directory (`--data`).
 */
import { findRunningServer } from '../host/local/index.ts'
import { OperationError, UsageError } from './failure.ts'
import type { FlagTable } from './flags.ts'

/** Flags that every administration command takes. */
export const serverFlags = {
  data: { type: 'string', default: 'facteur-data', value: 'DIR', help: 'data directory of a server on this machine' },
  url: { type: 'string', value: 'URL', help: 'the server, when it is not on this machine' },
  token: { type: 'string', value: 'TOKEN', help: 'its administration token (better given as FACTEUR_TOKEN)' },
  json: { type: 'boolean', help: 'print JSON for programs' },
} as const satisfies FlagTable

export interface AdminClient {
  /** The JSON answer, of a list all pages. Throws OperationError with the server's own sentence when it refuses. */
  request<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: readonly string[],
    body?: object,
    query?: Readonly<Record<string, string | undefined>>,
  ): Promise<T>
  /** One page of a list. */
  page<T>(path: readonly string[], query: Readonly<Record<string, string>>): Promise<T[]>
}

export function adminClient(flags: { data: string; url: string | undefined; token: string | undefined }): AdminClient {
  const server = locate(flags)
  const urlOf = (path: readonly string[], query: Readonly<Record<string, string | undefined>>) => {
    const url = new URL(`${server.url}/v1/${path.map(encodeURIComponent).join('/')}`)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
    return url
  }
  return {
    async page<T>(path: readonly string[], query: Readonly<Record<string, string>>): Promise<T[]> {
      const [answer] = await ask(server, 'GET', urlOf(path, query), undefined)
      return answer as T[]
    },
    async request<T>(
      method: string,
      path: readonly string[],
      body?: object,
      query: Readonly<Record<string, string | undefined>> = {},
    ): Promise<T> {
      let [answer, next] = await ask(server, method, urlOf(path, query), body)
      while (next !== undefined && Array.isArray(answer)) {
        const [more, further] = await ask(server, method, next, undefined)
        answer = [...(answer as unknown[]), ...(more as unknown[])]
        next = further
      }
      return answer as T
    },
  }
}

/** One answer, and where the next page of a list is. */
async function ask(
  server: { readonly url: string; readonly token: string },
  method: string,
  url: URL,
  body: object | undefined,
): Promise<[answer: unknown, next: URL | undefined]> {
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${server.token}`,
        accept: 'application/json',
        'user-agent': 'facteur-cli',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    throw new OperationError(`the server at ${server.url} does not answer.`, { cause: error })
  }
  const text = await response.text()
  if (!response.ok) throw new OperationError(refusal(response.status, text))
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  return [text === '' ? undefined : JSON.parse(text), next === undefined ? undefined : new URL(next, url)]
}

function locate(flags: { data: string; url: string | undefined; token: string | undefined }) {
  if (flags.url !== undefined) {
    if (!URL.canParse(flags.url)) throw new UsageError(`"${flags.url}" is not a URL.`)
    if (flags.token === undefined) throw new UsageError('FACTEUR_TOKEN must be set along with FACTEUR_URL.')
    return { url: flags.url.replace(/\/+$/, ''), token: flags.token }
  }
  const running = findRunningServer(flags.data)
  if (running === undefined) {
    throw new OperationError(
      `no server runs on the data directory "${flags.data}"; start one, or set FACTEUR_URL and FACTEUR_TOKEN.`,
    )
  }
  return { url: running.url, token: flags.token ?? running.adminToken }
}

/** The server's problem details (RFC 9457) as one sentence, or a line for each place of the request that is wrong. */
function refusal(status: number, text: string): string {
  try {
    const problem = JSON.parse(text) as { detail?: string; title?: string; errors?: readonly Place[] }
    const { errors = [] } = problem
    if (errors.length > 1) return [`${errors.length} things are wrong:`, ...errors.map(placeText)].join('\n')
    const sentence = problem.detail ?? problem.title
    if (sentence !== undefined) return `${sentence.replace(/\.$/, '')}.`
  } catch {
    // Not JSON: a proxy's page, say. The status tells enough.
  }
  return status === 401 ? 'the administration token is wrong.' : `the server answered ${status}.`
}

interface Place {
  readonly pointer?: string
  readonly parameter?: string
  readonly detail: string
}

function placeText({ pointer, parameter, detail }: Place): string {
  const place = parameter ?? pointer?.replace(/^#\/?/, '')
  return `  ${place === undefined ? '' : `"${place}" `}${detail}`
}
