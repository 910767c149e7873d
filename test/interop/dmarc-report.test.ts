/** DMARC reports of ours, read by programs that nobody here wrote; and reports that come in, as an operator sees them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  allParts,
  composeDmarcReport,
  decodeBody,
  type DmarcReport,
  formatDmarcReport,
  parseMessage,
} from '../../src/format/index.ts'
import { sample } from '../format/dmarc-report/sample.ts'
import { run, wants } from './programs.ts'
import { facteur, removeDirectory, type RunningFacteur, startFacteur, temporaryDirectory } from './server.ts'
import { greeted, transact } from './smtp-client.ts'

const schema = join(import.meta.dirname, 'dmarc-report.xsd')
let directory: string
let server: RunningFacteur

beforeAll(async () => {
  directory = temporaryDirectory()
  server = await startFacteur()
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
  removeDirectory(directory)
})

function mailed(report: DmarcReport, to = 'r@example.com'): Uint8Array {
  const compressed = gzipSync(formatDmarcReport(report))
  return composeDmarcReport({
    report,
    compressed,
    from: 'p@rec.test',
    to,
    submitter: 'mx.rec.test',
    date: 0,
    seed: 'x',
  })
}

const [row = expect.fail('no row')] = sample.rows
const least: DmarcReport = {
  ...sample,
  policy: { domain: 'example.com', policy: 'none' },
  rows: [{ ...row, reasons: [], dkimResults: [], spfResults: [] }],
}
const strange: DmarcReport = {
  ...sample,
  organization: 'A & B <c> "d" \u0000 é 漢字',
  rows: [{ ...row, reasons: [{ type: 'other', comment: ']]> & \u001b[0m' }] }],
}

describe('a report of ours', () => {
  test.for<[string, DmarcReport]>([
    ['with all that it may have', sample],
    ['with the least', least],
    ["with strangers' words in it", strange],
  ])('%s has the form of RFC 9990 §3.1.1 (xmllint)', async ([, report], context) => {
    await wants(context, 'xmllint')
    const file = join(directory, 'report.xml')
    writeFileSync(file, formatDmarcReport(report))
    const { stderr } = await run('xmllint', ['--noout', '--nonet', '--schema', schema, file])
    expect(stderr).toContain('validates')
  })

  test('is read by dmarc-cat, from the file that we mail under its name', async (context) => {
    await wants(context, 'dmarc-cat')
    const raw = mailed(sample)
    const part = allParts(parseMessage(raw)).find(({ disposition }) => disposition?.type === 'attachment')
    const file = join(directory, part?.disposition?.parameters['filename'] ?? expect.fail('no file name'))
    writeFileSync(file, part === undefined ? '' : decodeBody(raw, part))
    const { stdout } = await run('dmarc-cat', ['-N', file])
    expect(stdout).toContain('Reporting by: mx.rec.test — postmaster@rec.test')
    expect(stdout).toContain('From 2026-11-22 00:00:00 +0000 UTC to 2026-11-22 23:59:59 +0000 UTC')
    expect(stdout).toContain('Domain: example.com\nPolicy: p=reject; dkim=r; spf=s')
    expect(stdout).toMatch(/2001:db8::1 +7 +news\.example\.com +sender\.example +pass/)
    expect(stdout).toMatch(/192\.0\.2\.1 +3 +example\.com +example\.com +fail +pass/)
  })
})

/** The server that the command is for. */
const at = () => ['--data', server.data]

describe('a report that comes in', () => {
  test('is listed and shown', async () => {
    const client = await greeted(server.ports.smtp)
    const raw = new TextDecoder().decode(mailed(sample, 'mail-reports@facteur.test'))
    const replies = await transact(client, { from: 'p@rec.test', to: 'mail-reports@facteur.test', raw })
    expect(replies.at(-1)).toMatch(/^250 /)
    const list = await facteur(['report', 'list', ...at()])
    expect(list.stdout).toBe(
      'facteur.test  1  2026-11-22  dmarc  example.com  7 passed  3 failed  mx.rec.test (sent by rec.test, not proven)\n',
    )
    const shown = await facteur(['report', 'show', 'facteur.test', '1', ...at()])
    expect(shown.stdout).toContain('policy  p=reject sp=quarantine np=none aspf=s')
    expect(shown.stdout).toMatch(/192\.0\.2\.1 +3 +FAIL +quarantine/)
    const sources = await facteur(['report', 'sources', 'facteur.test', ...at()])
    expect(sources.stdout).toMatch(
      /^192\.0\.2\.1 +example\.com +3 sent +3 FAILED +3 refused +DKIM 0, SPF 0 +1 reports, 0 proven/,
    )
    const json = await facteur(['report', 'list', 'facteur.test', '--kind', 'dmarc', '--json', ...at()])
    expect(JSON.parse(json.stdout)).toMatchObject([{ id: 1, reporter: 'mx.rec.test', failed: 3 }])
  })

  test.each([
    [['report', 'show', 'facteur.test', '9'], 1, 'there is no report "9" of facteur.test'],
    [['report', 'list', 'elsewhere.test'], 1, 'elsewhere.test is not hosted here'],
    [['report'], 2, 'say "report list [DOMAIN]", "report show DOMAIN ID" or "report sources DOMAIN"'],
  ])('%j is answered with a sentence', async (args, code, sentence) => {
    const answer = await facteur([...args, ...at()])
    expect(answer.code).toBe(code)
    expect(answer.stderr).toContain(sentence)
  })
})
