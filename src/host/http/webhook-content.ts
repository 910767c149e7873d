/**
 * Messages and parts of messages, for programs that were told of them by a webhook: by signed links, without a login.
 *
 * Standards: RFC 9110 §9.3.1 (GET), §15.5.4 (403), §15.5.11 (410), §15.6.4 (503); RFC 6266; RFC 9457.
 * Limits: octets of messages that are taken apart at once; the whole message goes in strides, whatever its size.
 * Security: nothing is looked up for a link that was not signed here. The content is a stranger's: it is only ever saved.
 */
import { Hono } from 'hono'
import type { Download } from '../../access/jmap/index.ts'
import { isPartName, isSigned, type LinkTarget, linkPath, partOf, readSignedLink } from '../../webhooks/index.ts'
import { blobResponse } from './blob-response.ts'
import type { House } from './house.ts'
import { methodNotAllowed, notFound, problem } from './problem.ts'

/** An isolate has 128 MB, and a message that is taken apart is there twice. */
const mostAtOnce = 40 * 1024 * 1024
/** `orders.example.org.webhook.invalid`, and in which object: see `waitingMark`. */
const placeSyntax = /^[a-z0-9-]{1,32}\.[a-z0-9.-]{1,253}\.webhook\.invalid(?:~{1,2}\d{1,2})?$/
const entrySyntax = /^[0-9a-z]{1,12}$/

const gone = () => problem(410, 'Gone', 'the message is kept no longer')

export function webhookContentRoutes(house: House): Hono {
  const { linked } = house
  const app = new Hono()
  let takenApart = 0

  app.get(`${linkPath}/:place/:entry/:part`, async ({ req }) => {
    const target: LinkTarget = req.param()
    const { place, entry, part } = target
    if (!placeSyntax.test(place) || !entrySyntax.test(entry) || !(part === 'raw' || isPartName(part))) return notFound()
    const link = readSignedLink(new URL(req.url).searchParams)
    const secret = link === undefined ? undefined : await linked.secretOf(place)
    if (link === undefined || secret === undefined || !(await isSigned(target, link, secret, crypto.subtle))) {
      return problem(403, 'Forbidden', 'the link was not made here, or was changed')
    }
    const left = link.expires - Math.floor(house.now() / 1_000)
    if (left <= 0) return gone()
    const size = await linked.sizeOf(place, entry)
    if (size === undefined) return gone()
    const response = part === 'raw' ? await whole(req.raw, target, size) : await one(req.raw, target, size)
    if (response.ok || response.status === 304) response.headers.set('Cache-Control', `private, max-age=${left}`)
    return response
  })

  app.all(`${linkPath}/:place/:entry/:part`, () => methodNotAllowed('GET, HEAD'))

  async function whole(request: Request, { place, entry }: LinkTarget, size: number): Promise<Response> {
    const slice = (start: number, end: number) => linked.octets(place, entry, start, end)
    const response = await answer(request, { type: 'message/rfc822', size, slice }, 'message.eml', `${entry}-raw`)
    return response.status === 404 ? gone() : response
  }

  async function one(request: Request, { place, entry, part }: LinkTarget, size: number): Promise<Response> {
    if (takenApart > 0 && takenApart + size > mostAtOnce) {
      const detail = 'too many large messages are fetched at once'
      return problem(503, 'Service Unavailable', detail, { 'Retry-After': '5' })
    }
    takenApart += size
    try {
      const raw = await linked.octets(place, entry, 0, size)
      if (raw === undefined) return gone()
      const found = await partOf(raw, part)
      if (found === undefined) return notFound()
      const { name, type, content } = found
      const slice = (start: number, end: number) => Promise.resolve(content.subarray(start, end))
      return await answer(request, { type, size: content.length, slice }, name, `${entry}-${part}`)
    } finally {
      takenApart -= size
    }
  }

  function answer(request: Request, content: Download, name: string, blobId: string): Promise<Response> {
    return blobResponse(request, content, { blobId, name, type: undefined }, (error) =>
      house.log('error', 'a linked message was not sent whole', { blobId, error: String(error) }),
    )
  }
  return app
}
