/** A client of SCRAM-SHA-256, apart from the code under test (RFC 5802 §3, RFC 7677). */

export interface ScramFacts {
  readonly user: string
  readonly password: string
  readonly nonce?: string
  /** `n,,`, `y,,`, `p=tls-exporter,,`. */
  readonly header?: string
  /** Channel binding data. */
  readonly binding?: Uint8Array
}

export class ScramClient {
  readonly #facts: Required<ScramFacts>
  readonly #bare: string
  #signature = ''

  constructor({
    nonce = 'fyko+d2lbbFgONRv9qkxdawL',
    header = 'n,,',
    binding = new Uint8Array(0),
    ...facts
  }: ScramFacts) {
    this.#facts = { nonce, header, binding, ...facts }
    this.#bare = `n=${facts.user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  }

  first(): string {
    return this.#facts.header + this.#bare
  }

  async final(serverFirst: string): Promise<string> {
    const { password, header, binding } = this.#facts
    const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(serverFirst) ?? []
    const key = await crypto.subtle.importKey('raw', encode(password), 'PBKDF2', false, ['deriveBits'])
    const pbkdf2 = { name: 'PBKDF2', hash: 'SHA-256', salt: octets(atob(salt)), iterations: Number(iterations) }
    const salted = new Uint8Array(await crypto.subtle.deriveBits(pbkdf2, key, 256))
    const clientKey = await hmac(salted, 'Client Key')
    const withoutProof = `c=${btoa(header + String.fromCharCode(...binding))},r=${nonce}`
    const message = `${this.#bare},${serverFirst},${withoutProof}`
    const storedKey = new Uint8Array(await crypto.subtle.digest('SHA-256', clientKey))
    const clientSignature = await hmac(storedKey, message)
    this.#signature = base64(await hmac(await hmac(salted, 'Server Key'), message))
    return `${withoutProof},p=${base64(clientKey.map((octet, at) => octet ^ (clientSignature[at] as number)))}`
  }

  /** Has the server shown that it knows the password? */
  trusts(serverFinal: string): boolean {
    return serverFinal === `v=${this.#signature}`
  }
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, encode(text)))
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text))
}

function octets(latin1: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(latin1, (char) => char.charCodeAt(0))
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
