/**
 * The part of the untyped package dns-packet that the wire codec uses. Byte strings are Node Buffers at run time;
 * to the core they are plain Uint8Arrays.
 */
declare module 'dns-packet' {
  interface DnsQuestion {
    type: string
    name: string
    class?: string
  }
  interface DnsResource {
    type: string
    name: string
    class?: string
    ttl?: number
    data?: unknown
    /** OPT only (RFC 6891 §6.1.3). */
    flags?: number
    extendedRcode?: number
    udpPayloadSize?: number
    options?: unknown[]
  }
  interface DnsMessage {
    type: 'query' | 'response'
    id: number
    flags: number
    rcode?: string
    questions: DnsQuestion[]
    answers?: DnsResource[]
    authorities?: DnsResource[]
    additionals?: DnsResource[]
  }
  const packet: {
    /** `message` is completed in place: give it an object of your own. */
    encode(message: DnsMessage): Uint8Array<ArrayBuffer>
    /** Wants a Buffer; throws on malformed input. */
    decode(message: Uint8Array): Required<DnsMessage>
    readonly RECURSION_DESIRED: number
    readonly RECURSION_AVAILABLE: number
    readonly TRUNCATED_RESPONSE: number
    readonly AUTHENTIC_DATA: number
    readonly DNSSEC_OK: number
  }
  export default packet
}
