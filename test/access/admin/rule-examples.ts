/**
 * Rules, and whether their form is right: by the published schema and by the API.
 */
const name = 'a'
const does = { discard: true }

export const ruleExamples: readonly [rule: object, isRight: boolean][] = [
  [{ name, do: does }, true],
  [{ name, when: { recipient: '*', subaddress: '', sender: '<>' }, do: does, stop: true }, true],
  [{ name, when: { header: { name: 'X-Spam' } }, do: { tag: ['a'], file: 'A/B' } }, true],
  [{ name, when: { size: { over: 1, under: 9 } }, do: { copy: ['a@b.test'], webhook: ['w'] } }, true],
  [{ name, when: { authentication: { spf: ['fail', 'softfail'], dkim: ['none'] } }, do: does }, true],
  [{ name, when: { source: ['smtp', 'internal'] }, do: { redirect: ['a@b.test'] } }, true],
  [{ name, when: { all: [{ any: [{ not: { sender: 'x' } }] }] }, do: { relay: ['mx'] } }, true],
  [{ name, do: { reject: { code: 451, text: 'Later' } } }, true],
  [{ do: does }, false],
  [{ name }, false],
  [{ name: '', do: does }, false],
  [{ name: 'x'.repeat(65), do: does }, false],
  [{ name, do: does, comment: 'x' }, false],
  [{ name, when: {}, do: does }, false],
  [{ name, when: { from: 'x' }, do: does }, false],
  [{ name, when: { recipient: 5 }, do: does }, false],
  [{ name, when: { header: { value: 'x' } }, do: does }, false],
  [{ name, when: { header: { name: 'a b' } }, do: does }, false],
  [{ name, when: { size: {} }, do: does }, false],
  [{ name, when: { size: { over: -1 } }, do: does }, false],
  [{ name, when: { authentication: {} }, do: does }, false],
  [{ name, when: { authentication: { spf: [] } }, do: does }, false],
  [{ name, when: { source: ['door'] }, do: does }, false],
  [{ name, when: { any: [] }, do: does }, false],
  [{ name, when: { not: [{ recipient: 'x' }] }, do: does }, false],
  [{ name, do: { discard: false } }, false],
  [{ name, do: { forward: ['a@b.test'] } }, false],
  [{ name, do: { redirect: [] } }, false],
  [{ name, do: { reject: {} } }, false],
  [{ name, do: { reject: { code: 250, text: 'x' } } }, false],
  [{ name, do: { reject: { text: 'Größe' } } }, false],
]
