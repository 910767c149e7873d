/**
 * Lists in pages: the answer holds one, and its Link header leads to the next.
 *
 * Standards: RFC 8288 §3 (Link, `rel="next"`).
 */
import { Answer, type Frozen } from './endpoint.ts'

export const usualPage = 1_000

interface PageQuery {
  readonly after?: string | undefined
  readonly limit?: string | undefined
}

export function limitOf({ limit }: PageQuery): number {
  return limit === undefined ? usualPage : Number(limit)
}

/** The page of a whole list that is ordered by `key`, which no two share. */
export function pageOf<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
  query: PageQuery,
  request: Request,
): Answer<Frozen<Item[]>> {
  const { after } = query
  const rest = after === undefined ? items : items.filter((item) => key(item) > after)
  const shown = rest.slice(0, limitOf(query))
  const last = shown.at(-1)
  const next = last === undefined || shown.length === rest.length ? undefined : key(last)
  return page(shown, next, request)
}

/** A page, and where the next one begins; undefined: there is none. */
export function page<Item>(
  items: readonly Item[],
  after: string | undefined,
  request: Request,
): Answer<Frozen<Item[]>> {
  const shown = items as Frozen<Item[]>
  if (after === undefined) return new Answer(shown)
  const { pathname, searchParams } = new URL(request.url)
  searchParams.set('after', after)
  return new Answer(shown, { Link: `<${pathname}?${searchParams.toString()}>; rel="next"` })
}
