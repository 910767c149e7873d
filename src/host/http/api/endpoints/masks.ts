/**
 * Masked addresses of an account: made up for one correspondent each, and taken back.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { address, named, text, time } from '../schema.ts'

const tag = 'Masked addresses'
const maskShape = named('MaskedAddress', {
  address,
  state: z
    .enum(['pending', 'enabled', 'disabled', 'deleted'])
    .check(z.describe('disabled: mail goes to the trash; deleted: it is refused; pending: until the first message.')),
  description: z.string(),
  forDomain: z.string().check(z.describe('Origin of the site it was made for.')),
  created: time,
  lastMessage: z.optional(time),
})

export function maskEndpoints({ administration: { masks } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/accounts/{address}/masks',
        summary: 'Masked addresses of an account',
        tag,
        scope: 'masks:read',
        reach: 'path',
        result: z.array(maskShape),
      },
      async ({ path }) => masks.list(path.address),
    ),
    endpoint(
      {
        method: 'post',
        path: '/accounts/{address}/masks',
        summary: 'Make one up',
        tag,
        scope: 'masks:write',
        reach: 'path',
        body: z.strictObject({
          description: z.optional(text),
          forDomain: z.optional(text),
          prefix: z.optional(text.check(z.describe('What it begins with: a to z, 0 to 9 and _.'))),
        }),
        bodyMayBeEmpty: true,
        status: 201,
        result: maskShape,
      },
      async ({ path, body }) => masks.add(path.address, body),
    ),
    endpoint(
      {
        method: 'put',
        path: '/accounts/{address}/masks/{mask}',
        summary: 'Enable, disable or delete one',
        tag,
        scope: 'masks:write',
        reach: 'path',
        body: z.strictObject({ state: z.enum(['enabled', 'disabled', 'deleted']) }),
        result: maskShape,
      },
      async ({ path, body }) => masks.setState(path.address, path.mask, body),
    ),
  ]
}
