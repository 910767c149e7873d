/**
 * What an address is, in a header and on the envelope.
 *
 * Standards: RFC 5322 §3.4, RFC 5321 §4.1.2, RFC 6531 §3.3, RFC 6532.
 */

/** A mailbox of a header field: display name decoded, address as `local@domain` with quoting kept where it is needed. */
export interface Address {
  name?: string
  address: string
}

/** A named group; its members may be none (`undisclosed-recipients:;`). */
export interface AddressGroup {
  name: string
  addresses: Address[]
}
