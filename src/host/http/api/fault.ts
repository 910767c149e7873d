/**
 * What is wrong with a request, place by place.
 *
 * Standards: RFC 9457 §3 (problem details, with members of our own), RFC 6901 §6 (JSON Pointer as a URI fragment).
 */
import { problem } from '../problem.ts'

/** `pointer` for a place in the body, `parameter` for one of the query. */
export interface Place {
  readonly pointer?: string
  readonly parameter?: string
  readonly detail: string
}

/** A refusal: the whole answer but its headers that are always there. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault'
  readonly status: keyof typeof titles
  readonly errors: readonly Place[]
  readonly headers: Readonly<Record<string, string>>
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    status: keyof typeof titles,
    detail: string,
    more: {
      readonly errors?: readonly Place[]
      readonly headers?: Readonly<Record<string, string>>
      /** Further members of the problem. */
      readonly members?: Readonly<Record<string, unknown>>
    } = {},
  ) {
    super(detail)
    this.status = status
    this.errors = more.errors ?? []
    this.headers = more.headers ?? {}
    this.members = more.members ?? {}
  }

  response(): Response {
    const members = { ...(this.errors.length === 0 ? {} : { errors: this.errors }), ...this.members }
    return problem(this.status, titles[this.status], this.message, this.headers, members)
  }
}

const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
} as const

/** The fault of a body or query that is wrong in these places. */
export function wrongIn(errors: readonly Place[], status: 400 | 422 = 400): ApiFault {
  const [first] = errors
  const name = first?.parameter ?? (first?.pointer ?? '#').replace(/^#\/?/, '')
  const sentence = name === '' ? (first?.detail ?? 'the body is wrong') : `"${name}" ${first?.detail}`
  const more = errors.length > 1 ? `; and ${errors.length - 1} more` : ''
  return new ApiFault(status, `${sentence}${more}`, { errors })
}

/** `#/to/0/address`. */
export function pointerTo(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => encodeURI(String(step).replaceAll('~', '~0').replaceAll('/', '~1')))
  return ['#', ...steps].join('/')
}
