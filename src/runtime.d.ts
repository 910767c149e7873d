/**
 * What the core rooms may expect of any runtime (Workers, Node, Deno, browsers): the web platform's pure parts.
 * No clock, randomness, sockets or timers: those come in through ports.
 */

interface TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, target: Uint8Array): { read: number; written: number }
}
declare var TextEncoder: { new (): TextEncoder }

interface TextDecoder {
  readonly encoding: string
  decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string
}
declare var TextDecoder: {
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder
}

interface URLSearchParams extends Iterable<[string, string]> {
  get(name: string): string | null
  getAll(name: string): string[]
  has(name: string): boolean
  set(name: string, value: string): void
  append(name: string, value: string): void
  toString(): string
}
declare var URLSearchParams: {
  new (init?: string | Record<string, string> | Iterable<[string, string]>): URLSearchParams
}

interface URL {
  hash: string
  host: string
  hostname: string
  href: string
  readonly origin: string
  password: string
  pathname: string
  port: string
  protocol: string
  search: string
  readonly searchParams: URLSearchParams
  username: string
  toString(): string
}
declare var URL: { new (url: string, base?: string): URL; canParse(url: string, base?: string): boolean }

declare function atob(text: string): string
declare function btoa(text: string): string
declare function structuredClone<T>(value: T): T
declare function queueMicrotask(work: () => void): void

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

interface CoreSubtleCrypto {
  digest(algorithm: string, data: Uint8Array | ArrayBuffer): Promise<ArrayBuffer>
  importKey(
    format: 'raw',
    key: Uint8Array,
    algorithm: 'PBKDF2' | { name: 'HMAC'; hash: 'SHA-256' },
    extractable: false,
    usages: readonly ('sign' | 'deriveBits')[],
  ): Promise<CoreCryptoKey>
  sign(algorithm: 'HMAC', key: CoreCryptoKey, data: Uint8Array): Promise<ArrayBuffer>
  deriveBits(
    algorithm: { name: 'PBKDF2'; hash: 'SHA-256'; salt: Uint8Array; iterations: number },
    key: CoreCryptoKey,
    length: number,
  ): Promise<ArrayBuffer>
}
/** Opaque: only the functions above know what is in it. */
interface CoreCryptoKey {
  readonly type: string
}
declare var crypto: { readonly subtle: CoreSubtleCrypto }
