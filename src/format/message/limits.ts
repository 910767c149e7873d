/**
 * How much of a hostile message is looked at. The raw octets are always kept whole: a limit only decides where
 * structure stops being recognised.
 */
export interface ParseLimits {
  /** Octets of the fields kept of one header; one that is too long is skipped, and the body still starts where it does. */
  headerBytes: number
  /** Fields kept of one header. */
  headerFields: number
  /** Octets of all headers of the message together, so that a thousand parts cannot multiply the above. */
  totalHeaderBytes: number
  /** Multiparts and nested messages within one another; deeper ones are leaves. */
  depth: number
  /** Parts in all; what follows the last one stays inside its parent unstructured. */
  parts: number
  /** Parameters of one field. */
  parameters: number
  /** Characters of one parameter value, percent-encoded as it may be. */
  parameterLength: number
  /** Addresses taken from one field. */
  addresses: number
}

/** Generous beside real mail (the largest seen have some 200 parts), small beside a 2 MB database row. */
export const defaultLimits: ParseLimits = {
  headerBytes: 128 * 1024,
  headerFields: 1000,
  totalHeaderBytes: 256 * 1024,
  depth: 50,
  parts: 1000,
  parameters: 32,
  parameterLength: 4096,
  addresses: 2000,
}
