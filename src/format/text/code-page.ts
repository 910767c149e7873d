/**
 * The two DOS code pages that still appear in mail and that TextDecoder does not have.
 */

/** Characters of the octets 80–FF. */
const UPPER_HALVES: Readonly<Record<string, string>> = {
  cp437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
}

const NAMES: Readonly<Record<string, string>> = {
  cp437: 'cp437',
  ibm437: 'cp437',
  '437': 'cp437',
  cp850: 'cp850',
  ibm850: 'cp850',
  '850': 'cp850',
}

export function isCodePage(name: string): boolean {
  return Object.hasOwn(NAMES, name)
}

/** Decodes under a name for which {@link isCodePage} holds. Every octet has a character. */
export function decodeCodePage(bytes: Uint8Array, name: string): string {
  const upper = UPPER_HALVES[NAMES[name]!]!
  let text = ''
  for (const octet of bytes) text += octet < 0x80 ? String.fromCharCode(octet) : upper[octet - 0x80]!
  return text
}
