import { describe, expect, test } from 'vitest'
import { readSections, type XmlElement } from '../../src/reports/xml-sections.ts'

/** What is taken of a document, and whether it was one. */
function read(text: string, most = Infinity): [boolean, XmlElement[]] {
  const sections: XmlElement[] = []
  const isDocument = readSections(text, 'r', (section) => sections.push(section) < most)
  return [isDocument, sections]
}

const leaf = (name: string, text = ''): XmlElement => ({ name, text, children: [] })

describe('sections', () => {
  test('come one after the other, without prefixes', () => {
    const text = '<?xml version="1.0"?><x:r xmlns:x="u"><!-- c --><x:a>1<b>2</b>3</x:a><?p i?><c/></x:r>'
    expect(read(text)).toEqual([true, [{ name: 'a', text: '13', children: [leaf('b', '2')] }, leaf('c')]])
  })

  test('have their text with entities and CDATA resolved (XML 1.0 §2.4, §2.7)', () => {
    expect(read('<r><a>&lt;&#x41;<![CDATA[<&]]></a></r>')).toEqual([true, [leaf('a', '<A<&')]])
  })

  test('are no more than wanted, and then the rest is not read', () => {
    expect(read(`<r>${'<a/>'.repeat(30_000)} & broken`, 3)).toEqual([true, [leaf('a'), leaf('a'), leaf('a')]])
  })

  test('keep a thousand characters of a text', () => {
    expect(read(`<r><a>${'é'.repeat(70_000)}</a></r>`)[1]).toEqual([leaf('a', 'é'.repeat(1_000))])
  })
})

describe('what is no document is given up', () => {
  test.each([
    ['nothing', ''],
    ['another root', '<s><a/></s>'],
    ['an end too few', '<r><a></r>'],
    ['more behind it', '<r/><r/>'],
    ['an attribute twice', '<r a="1" a="2"/>'],
    ['an entity that nobody declared', '<r>&x;</r>'],
    ['a document type', '<!DOCTYPE r><r/>'],
    ['a document type with entities', '<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>'],
    ['a character that XML does not have', '<r>\u0001</r>'],
    ['elements below elements without end', `<r>${'<a>'.repeat(30)}${'</a>'.repeat(30)}</r>`],
    ['a section of more elements than anybody needs', `<r><a>${'<b/>'.repeat(3_000)}</a></r>`],
  ])('%s', (_, text) => expect(read(text)[0]).toBe(false))

  test('and a fault of ours is not taken for one', () => {
    const fault = new Error('a fault')
    expect(() =>
      readSections('<r><a/></r>', 'r', () => {
        throw fault
      }),
    ).toThrow(fault)
  })
})
