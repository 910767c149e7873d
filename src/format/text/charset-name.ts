/**
 * Charset names as mail spells them, and what they mean.
 *
 * TextDecoder knows the labels of the WHATWG Encoding Standard; this adds the names of code pages (`cp1252`, `win-1251`,
 * `cp65001`), of other mailers and of the IANA registry, and spellings that differ by hyphens, underscores and spaces.
 *
 * Security: fed by anyone; a name's first 40 characters count.
 */

/** Keys are without hyphens, underscores, spaces, dots and colons. '' says nothing about the octets. */
const ALIASES: Readonly<Record<string, string>> = {
  ...named('', 'xunknown', 'unknown', 'unknown8bit', 'default', 'autodetect', '8bit', 'binary', 'none', 'auto'),
  ...named('us-ascii', 'usascii', 'ascii', 'us', '646', 'ansix34', 'ansix341968', 'ansix341986', 'iso646us', '7bit'),
  ...named('us-ascii', 'iso646irv1991', 'isoir6', 'csascii', 'cp367', 'ibm367', 'cp20127'),
  ...named('utf-8', 'utf8', 'utf8mb3', 'utf8mb4', 'cp65001', 'csutf8', 'unicode11utf8', 'utf8n', 'al32utf8'),
  ...named('utf-16', 'utf16', 'csutf16', 'unicode', 'ucs2', 'iso10646ucs2', 'csunicode'),
  ...named('utf-16le', 'utf16le', 'csutf16le', 'cp1200', 'unicodefeff', 'ucs2le'),
  ...named('utf-16be', 'utf16be', 'csutf16be', 'cp1201', 'unicodefffe', 'ucs2be'),
  ...named('utf-32', 'utf32', 'csutf32', 'ucs4', 'iso10646ucs4', 'csucs4'),
  ...named('utf-32le', 'utf32le', 'csutf32le', 'cp12000', 'ucs4le'),
  ...named('utf-32be', 'utf32be', 'csutf32be', 'cp12001', 'ucs4be'),
  ...named('utf-7', 'utf7', 'csutf7', 'unicode11utf7', 'cp65000', 'xunicode20utf7'),
  ...named('shift_jis', 'cp932', 'ms932', 'windows932', 'xmscp932', 'ibm943', 'cp943', 'shiftjis', 'xshiftjis'),
  ...named('shift_jis', 'sjiswin', 'sjisopen', 'mskanji', 'shiftjis2004', 'shiftjisx0213', 'eucjpsjis', 'cp942'),
  ...named('euc-jp', 'eucjp', 'xeucjp', 'ujis', 'eucjpms', 'eucjpwin', 'eucjis2004', 'eucjisx0213', 'cp51932'),
  ...named('iso-2022-jp', 'iso2022jp', 'iso2022jp1', 'iso2022jp2', 'csiso2022jp2', 'iso2022jp3', 'iso2022jp2004'),
  ...named('iso-2022-jp', 'iso2022jpms', 'cp50220', 'cp50221', 'cp50222', 'jis', 'jis7', 'xjis'),
  // GB 18030 contains GBK, which contains GB 2312.
  ...named('gb18030', 'gb2312', 'gb231280', 'gbk', 'xgbk', 'cp936', 'ms936', 'windows936', 'xmswin936', 'euccn'),
  ...named('gb18030', 'eucgb2312', 'xeuccn', 'chinese', 'csgb2312', 'cp54936', 'cp51936', 'gb180302000', 'gb1988'),
  ...named('big5', 'cp950', 'ms950', 'windows950', 'xwindows950', 'big5eten', 'big5hkscs', 'big5hkscs2004', 'cp951'),
  ...named('euc-kr', 'euckr', 'cp949', 'ms949', 'uhc', 'xwindows949', 'windows949', 'cp51949', 'ksx1001', 'kseuc'),
  ...named('euc-kr', 'ksc5601', 'ksc56011987', 'ksc56011989', 'ksc56011992', 'korean', 'xksc5601'),
  ...named('hz-gb-2312', 'hz', 'hzgb2312', 'cp52936', 'cshzgb2312'),
  ...named('iso-2022-kr', 'iso2022kr', 'csiso2022kr', 'cp50225'),
  ...named('iso-2022-cn', 'iso2022cn', 'csiso2022cn', 'iso2022cnext', 'cp50227'),
  ...named('macintosh', 'macintosh', 'xmacroman', 'macroman', 'mac', 'cp10000', 'xmac', 'csmacintosh'),
  ...named('x-mac-cyrillic', 'xmaccyrillic', 'maccyrillic', 'xmacukrainian', 'macukraine', 'cp10007', 'cp10017'),
  ...named('mac-ce', 'xmacce', 'macce', 'xmaccentraleurope', 'xmaccentraleurroman', 'maccentraleurope', 'cp10029'),
  ...named('mac-greek', 'xmacgreek', 'macgreek', 'cp10006'),
  ...named('mac-turkish', 'xmacturkish', 'macturkish', 'cp10081'),
  ...named('mac-icelandic', 'xmacicelandic', 'maciceland', 'cp10079'),
  ...named('mac-croatian', 'xmaccroatian', 'maccroatian', 'cp10082'),
  ...named('mac-romanian', 'xmacromanian', 'macromania', 'cp10010'),
  ...named('koi8-r', 'koi8r', 'koi8', 'koi', 'cskoi8r', 'cp20866', 'cp878'),
  ...named('koi8-u', 'koi8u', 'koi8ru', 'cp21866', 'cp1168'),
  ...named('ibm866', 'cp866', 'ibm866', 'csibm866', '866', 'dos866'),
  ...named('windows-874', 'tis620', 'cp874', 'dos874', 'iso885911', 'thai', 'cp9066'),
  ...named('iso-8859-13', 'latin7', 'l7', 'cp28603', 'windows28603', 'cp921'),
  ...named('iso-8859-14', 'latin8', 'l8', 'cp28604'),
  ...named('iso-8859-15', 'latin9', 'latin0', 'l9', 'cp28605', 'cp923'),
  ...named('iso-8859-16', 'latin10', 'l10', 'cp28606'),
  ...named('windows-1252', 'cp819', 'ibm819', 'ansi', 'western', 'iso88591windows30latin1', 'iso88591windows31latin1'),
  ...named('iso-8859-8-i', 'iso88598i', 'csiso88598i', 'logical', 'cp38598'),
  ...named('viscii', 'viscii', 'csviscii', 'viscii11', 'viscii111'),
}

function named(charset: string, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, charset]))
}

/** Families whose members differ by a number: what is captured goes where `$1` stands. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:x?cp|x?win|windows|ms|ibm|ansi|mswin)(125[0-8]|874)$/, 'windows-$1'],
  // Direction of text (`-i`, `-e`; RFC 1556) and year (`:1987`) change no character but of Hebrew, where both are logical.
  [/^(?:x|cs)?iso8859([1-9]|1[0-6])(?:19\d\d|[ei])?$/, 'iso-8859-$1'],
  [/^(?:iso)?latin([1-6])$/, 'latin$1'],
  [/^cp2859([1-9])$/, 'iso-8859-$1'],
  [/^(?:cp|ibm|dos|csibm|cspc|oem)?(437|737|775|85[0257-8]|86[01235]|869)$/, 'cp$1'],
]

/** The label that TextDecoder or a decoder of ours goes by; '' when the name says nothing; else the name in lower case. */
export function canonicalCharset(charset: string): string {
  const name = charset
    .slice(0, 80)
    .trim()
    .toLowerCase()
    .replace(/^["'<]+|["'>;,]+$/g, '')
    .slice(0, 40)
  const bare = name.replace(/[-_ .:()]+/g, '')
  if (Object.hasOwn(ALIASES, bare)) return ALIASES[bare]!
  for (const [pattern, label] of FAMILIES) {
    const match = pattern.exec(bare)
    if (match) return label.replace('$1', match[1]!)
  }
  return name
}
