/**
 * The header of a blob download.
 *
 * Standards: RFC 8620 §6.2, RFC 6266 (Content-Disposition), RFC 8187.
 * Security: the content is somebody's attachment and the type is the client's word: no sniffing, no scripts, and shown in
 * place only when the type is harmless.
 */

/** `name` and `type` are the URL's, already percent-decoded; `blobType` answers when the client gave no usable type. */
export function downloadHeaders(name: string, type: string | undefined, blobType: string): Record<string, string> {
  const mediaType = type !== undefined && isMediaType(type) ? type : isMediaType(blobType) ? blobType : octets
  return {
    'content-type': mediaType,
    'content-disposition': contentDisposition(name),
    'cache-control': 'private, immutable, max-age=31536000',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
  }
}

const octets = 'application/octet-stream'

function isMediaType(type: string): boolean {
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?:; ?[\w-]{1,40}=[\w"./:+-]{1,100})*$/.test(type)
}

function contentDisposition(name: string): string {
  const clean = name.toWellFormed()
  const ascii = clean.replace(/[^ !#-[\]-~]/g, '_').slice(0, 200) || 'download'
  const encoded = encodeURIComponent(clean.slice(0, 200).toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
