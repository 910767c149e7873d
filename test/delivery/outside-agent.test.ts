import { expect, test } from 'vitest'
import { OutsideAgent, parseSmarthosts, type Smarthost } from '../../src/delivery/index.ts'
import type { DeliveryAgent, DeliveryJob } from '../../src/queue/index.ts'
import type { OutboundRoute } from '../../src/routing/index.ts'

const mail: DeliveryJob = {
  id: '1',
  domain: 'there.test',
  raw: new Uint8Array(),
  envelope: {
    reversePath: 'me@here.test',
    smtputf8: false,
    body: '7BIT',
    recipients: [{ address: 'you@there.test' }],
  },
}

function outside(routes: () => Promise<OutboundRoute[]>, usual = ['mx']) {
  const used: string[] = []
  const agent = (name: string, status: 'delivered' | 'deferred' = 'delivered'): DeliveryAgent => ({
    async deliver({ envelope }) {
      used.push(name)
      return envelope.recipients.map(({ address }) => ({ recipient: address, status, at: 0 }))
    },
  })
  const parsed = parseSmarthosts('ses=smtps://u:p@ses.test broken=smtp://broken.test')
  const made = new OutsideAgent({
    mx: agent('mx'),
    smarthosts: parsed.ok ? parsed.smarthosts : new Map<string, Smarthost>(),
    through: ({ host, port }, origin) =>
      agent(
        origin === 'route' ? `${host}:${port} of a route` : `${host}:${port}`,
        host === 'broken.test' ? 'deferred' : 'delivered',
      ),
    routes,
    usual,
    clock: () => 0,
  })
  return { made, used }
}

test.each([
  ['without a route goes the usual way', [], ['mx']],
  ['goes by its route', [{ recipient: 'there.test', agents: ['ses'] }], ['ses.test:465']],
  [
    'goes to a host that the route names',
    [{ recipient: '*', agents: ['smtp://10.0.0.7:2525'] }],
    ['10.0.0.7:2525 of a route'],
  ],
  [
    'falls back along its route',
    [{ recipient: 'there.test', agents: ['broken', 'ses', 'mx'] }],
    ['broken.test:25', 'ses.test:465'],
  ],
  ['takes the sender’s route', [{ recipient: '*', sender: 'here.test', agents: ['ses'] }], ['ses.test:465']],
  ['passes over what is not set up', [{ recipient: '*', agents: ['email-service', 'gone', 'mx'] }], ['mx']],
])('mail %s', async (_, routes, ways) => {
  const { made, used } = outside(async () => routes)
  expect(await made.deliver(mail)).toMatchObject([{ status: 'delivered' }])
  expect(used).toEqual(ways)
})

test('the only way there is goes unnamed; every other is told', async () => {
  expect(await outside(async () => []).made.deliver(mail)).toEqual([
    { recipient: 'you@there.test', status: 'delivered', at: 0 },
  ])
  expect(await outside(async () => [], ['ses']).made.deliver(mail)).toMatchObject([{ agent: 'ses' }])
})

test('mail waits while the routes cannot be read: it must not go a way that nobody wants', async () => {
  const { made, used } = outside(() => Promise.reject(new Error('no registry')))
  expect(await made.deliver(mail)).toMatchObject([{ status: 'deferred', enhanced: '4.3.0' }])
  expect(used).toEqual([])
})
