/**
 * Which parts are the text to show, and which are attachments.
 *
 * Standards: RFC 8621 §4.1.4 (textBody, htmlBody, attachments, hasAttachment).
 */
import type { StoredPart } from './part.ts'

export interface BodyParts {
  /** To show one after another where plain text is preferred. */
  textBody: StoredPart[]
  /** To show one after another where HTML is preferred. */
  htmlBody: StoredPart[]
  attachments: StoredPart[]
  /** An attachment that a person would look for: neither inline, nor a picture within HTML, nor a signature. */
  hasAttachment: boolean
}

/** File name, decoded: Content-Disposition `filename`, else Content-Type `name`. */
export function partName(part: StoredPart): string | undefined {
  return part.disposition?.parameters['filename'] || part.parameters['name'] || undefined
}

export function bodyParts(root: StoredPart): BodyParts {
  const sorter = new BodySorter()
  sorter.sort([root], 'mixed', false, { text: true, html: true })
  const { textBody, htmlBody, attachments, embedded } = sorter
  const hasAttachment = attachments.some((part) => !embedded.has(part) && isOffered(part))
  return { textBody, htmlBody, attachments, hasAttachment }
}

const PROCESSED = new Set([
  'application/pgp-signature',
  'application/pkcs7-signature',
  'application/x-pkcs7-signature',
  'message/delivery-status',
  'message/global-delivery-status',
  'message/disposition-notification',
])

function isOffered(part: StoredPart): boolean {
  return part.disposition?.type !== 'inline' && !PROCESSED.has(mediaTypeOf(part))
}

function mediaTypeOf(part: StoredPart): string {
  return `${part.type}/${part.subtype}`
}

function isInlineMedia(part: StoredPart): boolean {
  return part.type === 'image' || part.type === 'audio' || part.type === 'video'
}

/** Which of the two bodies still take parts: inside an alternative, one kind of text shuts the other body. */
interface Open {
  text: boolean
  html: boolean
}

class BodySorter {
  readonly textBody: StoredPart[] = []
  readonly htmlBody: StoredPart[] = []
  readonly attachments: StoredPart[] = []
  /** Pictures of a multipart/related that HTML refers to. */
  readonly embedded = new Set<StoredPart>()

  sort(parts: readonly StoredPart[], multipart: string, inAlternative: boolean, open: Open): void {
    const textBefore = this.textBody.length
    const htmlBefore = this.htmlBody.length
    for (const [index, part] of parts.entries()) {
      if (part.type === 'multipart') {
        const alternative = inAlternative || part.subtype === 'alternative'
        // A shut body stays shut for the rest of this multipart, not for the parts around it.
        this.sort(part.children, part.subtype, alternative, { ...open })
      } else if (!isShown(part, index, multipart)) this.#attach(part, multipart)
      else if (multipart === 'alternative') this.#alternative(part, open)
      else this.#show(part, inAlternative, open)
    }
    if (multipart === 'alternative' && open.text && open.html) this.#completeAlternative(textBefore, htmlBefore)
  }

  #attach(part: StoredPart, multipart: string): void {
    this.attachments.push(part)
    if (multipart === 'related' && part.type === 'image' && part.contentId && part.disposition?.type !== 'attachment') {
      this.embedded.add(part)
    }
  }

  #alternative(part: StoredPart, open: Open): void {
    const type = mediaTypeOf(part)
    if (type === 'text/plain') {
      if (open.text) this.textBody.push(part)
    } else if (type === 'text/html') {
      if (open.html) this.htmlBody.push(part)
    } else this.attachments.push(part)
  }

  #show(part: StoredPart, inAlternative: boolean, open: Open): void {
    if (inAlternative) {
      const type = mediaTypeOf(part)
      if (type === 'text/plain') open.html = false
      if (type === 'text/html') open.text = false
    }
    if (open.text) this.textBody.push(part)
    if (open.html) this.htmlBody.push(part)
    if (!(open.text && open.html) && isInlineMedia(part)) this.attachments.push(part)
  }

  /** An alternative with only one kind of text serves both bodies. */
  #completeAlternative(textBefore: number, htmlBefore: number): void {
    const text = this.textBody.slice(textBefore)
    const html = this.htmlBody.slice(htmlBefore)
    if (text.length === 0) this.textBody.push(...html)
    if (html.length === 0) this.htmlBody.push(...text)
  }
}

/** A body part rather than an attachment. */
function isShown(part: StoredPart, index: number, multipart: string): boolean {
  if (part.disposition?.type === 'attachment') return false
  const type = mediaTypeOf(part)
  if (type !== 'text/plain' && type !== 'text/html' && !isInlineMedia(part)) return false
  // Of a related only the first part is shown; a named text that is not first was attached.
  return index === 0 || (multipart !== 'related' && (isInlineMedia(part) || !partName(part)))
}
