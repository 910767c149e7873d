import { describe, expect, test } from 'vitest'
import { parseSmarthosts } from '../../../src/delivery/index.ts'
import { house } from './house.ts'

function routes(options: { bridge?: boolean; emailService?: boolean; toPrivate?: boolean } = {}) {
  const parsed = parseSmarthosts('ses=smtps://me:secret@ses.test backup=smtp://backup.test:587?tls=required')
  if (!parsed.ok) throw new Error(parsed.problem)
  const { bridge = true, emailService = false, toPrivate = false } = options
  const outside = { smarthosts: parsed.smarthosts, emailService, bridge, usual: ['ses'], toPrivate }
  return house({ outside }).admin.routes
}

describe('routes', () => {
  test('are set, listed in their canonical form, replaced and removed', async () => {
    const admin = routes()
    expect(await admin.list()).toEqual([])
    await admin.set('Example.NET', { agents: ['backup', 'mx', 'backup'] })
    await admin.set('*.Bücher.example', { agents: ['smtp://192.0.2.9:2525'], sender: 'me@Ours.test' })
    await admin.set('example.net', { agents: ['mx'] })
    expect(await admin.list()).toEqual([
      { recipient: '*.xn--bcher-kva.example', sender: 'ours.test', agents: ['smtp://192.0.2.9:2525'] },
      { recipient: 'example.net', agents: ['mx'] },
    ])
    await admin.remove('*.bücher.example', 'ours.test')
    await expect(admin.remove('*.bücher.example', 'ours.test')).rejects.toMatchObject({ fault: 'missing' })
    expect(await admin.list()).toHaveLength(1)
  })

  test('say which way a message would go, and by which of them', async () => {
    const admin = routes()
    const route = await admin.set('*.example.net', { agents: ['backup'], sender: '<>' })
    expect(await admin.choose({ recipient: 'x@a.example.net' })).toEqual({ agents: ['backup'], route })
    expect(await admin.choose({ recipient: 'x@a.example.net', sender: 'me@here.test' })).toEqual({ agents: ['ses'] })
    expect(await admin.choose({ recipient: 'a.example.net', sender: '<>' })).toMatchObject({ agents: ['backup'] })
    await expect(admin.choose({ recipient: '*' })).rejects.toMatchObject({ fault: 'invalid' })
  })

  test.each([
    ['a domain that is none', 'exa mple', { agents: ['mx'] }, 'invalid', /example\.org/],
    ['an agent of no such name', 'a.test', { agents: ['sse'] }, 'invalid', /mx, ses, backup/],
    ['Email Service without its binding', 'a.test', { agents: ['email-service'] }, 'conflict', /not set up/],
    ['a password', 'a.test', { agents: ['smtp://u:secret@a.test'] }, 'invalid', /no password/],
    ['a URL of something else', 'a.test', { agents: ['https://a.test'] }, 'invalid', /smtp:\/\//],
    ['no agent', 'a.test', { agents: [] }, 'invalid', /at least one/],
    ['more agents than one waits for', 'a.test', { agents: ['1', '2', '3', '4', '5', '6'] }, 'invalid', /more than 5/],
    ['a sender that is none', 'a.test', { agents: ['mx'], sender: 'a b' }, 'invalid', /example\.org/],
  ])('with %s are refused, and the sentence says why', async (_, recipient, fields, fault, message) => {
    const admin = routes()
    const refusal = expect.objectContaining({ fault, message: expect.stringMatching(message) })
    await expect(admin.set(recipient, fields)).rejects.toEqual(refusal)
    expect(await admin.list()).toEqual([])
  })

  test.each([
    'smtp://127.0.0.1:2525',
    'smtp://10.0.0.1',
    'smtp://0.0.0.0:25',
    'smtp://[::1]:25',
    'smtp://[::ffff:127.0.0.1]:25',
    'smtp://[fd00::1]',
    'smtp://localhost:2525',
    'smtp://mail.LOCALHOST.',
  ])('to %s are for settings that allow it', async (agent) => {
    const refusal = { fault: 'invalid', message: expect.stringContaining('is not at a public address') }
    await expect(routes().set('a.test', { agents: [agent] })).rejects.toMatchObject(refusal)
    await expect(routes({ toPrivate: true }).set('a.test', { agents: [agent] })).resolves.toMatchObject({
      agents: [agent],
    })
  })

  test('to a host that a Worker cannot reach are refused where no bridge is', async () => {
    const admin = routes({ bridge: false })
    await expect(admin.set('a.test', { agents: ['smtp://a.test:25'] })).rejects.toMatchObject({ fault: 'conflict' })
    await expect(admin.set('a.test', { agents: ['smtps://a.test'] })).resolves.toMatchObject({ recipient: 'a.test' })
  })

  test('may name what the settings have, which is shown without its secrets', () => {
    const agents = routes({ emailService: true }).agents()
    expect(agents.map(({ name }) => name)).toEqual(['mx', 'email-service', 'ses', 'backup'])
    expect(agents[2]?.about).toBe('ses.test:465, tls implicit, with a password')
    expect(JSON.stringify(agents)).not.toContain('secret')
  })
})
