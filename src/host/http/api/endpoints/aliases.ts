/**
 * Aliases: addresses that stand for others.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { pageOf } from '../page-of.ts'
import { address, paged } from '../schema.ts'
import { aliasShape } from '../shapes.ts'
import { byAddress } from './domains.ts'

const tag = 'Aliases'

export function aliasEndpoints({ administration: { aliases } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/aliases',
        summary: 'All aliases',
        tag,
        scope: 'aliases:read',
        reach: 'work',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(aliasShape),
      },
      async ({ caller, query, request }) => {
        const reached = (await aliases.list()).filter((alias) => caller.reachesAddress(alias.address))
        return pageOf(byAddress(reached), (alias) => alias.address, query, request)
      },
    ),
    endpoint(
      {
        method: 'put',
        path: '/aliases/{address}',
        summary: 'Make or replace an alias; *@domain is the catch-all',
        tag,
        scope: 'aliases:write',
        reach: 'path',
        body: z.strictObject({ targets: z.array(address).check(z.minLength(1), z.maxLength(100)) }),
        result: aliasShape,
      },
      async ({ path, body }) => aliases.set(path.address, body),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/aliases/{address}',
        summary: 'Remove an alias',
        tag,
        scope: 'aliases:write',
        reach: 'path',
        status: 204,
      },
      async ({ path }) => aliases.remove(path.address),
    ),
  ]
}
