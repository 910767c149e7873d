/** FNV-1a, 32 bits: spreads texts evenly, and is not meant to be hard to foresee. */
export function fnv1a(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  return value
}
