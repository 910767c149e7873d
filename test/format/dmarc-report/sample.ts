import type { DmarcReport } from '../../../src/format/index.ts'

/** A report with all that ours may have in it. */
export const sample: DmarcReport = {
  organization: 'mx.rec.test',
  contact: 'postmaster@rec.test',
  id: '20261122mxrectest',
  start: Date.UTC(2026, 10, 22),
  end: Date.UTC(2026, 10, 22, 23, 59, 59),
  generator: 'facteur',
  policy: {
    domain: 'example.com',
    discovery: 'treewalk',
    policy: 'reject',
    subdomainPolicy: 'quarantine',
    nonexistentPolicy: 'none',
    failureOptions: '0:d',
    dkimAlignment: 'relaxed',
    spfAlignment: 'strict',
    testing: false,
  },
  rows: [
    {
      source: '192.0.2.1',
      count: 3,
      disposition: 'quarantine',
      dkim: false,
      spf: false,
      reasons: [{ type: 'mailing_list', comment: 'a list passed it on: <list>' }],
      headerFrom: 'example.com',
      envelopeFrom: 'list.example',
      dkimResults: [{ domain: 'example.com', selector: 's1', result: 'fail', comment: 'the body has changed' }],
      spfResults: [{ domain: 'list.example', scope: 'mfrom', result: 'pass' }],
    },
    {
      source: '2001:db8::1',
      count: 7,
      disposition: 'pass',
      dkim: true,
      spf: false,
      reasons: [],
      headerFrom: 'news.example.com',
      envelopeFrom: '',
      dkimResults: [
        { domain: 'news.example.com', selector: 'a', result: 'pass' },
        { domain: 'sender.example', selector: 'b', result: 'pass' },
      ],
      spfResults: [],
    },
  ],
}
