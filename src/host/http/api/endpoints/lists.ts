/**
 * Distribution lists and their members.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { pageOf } from '../page-of.ts'
import { address, count, named, paged, text, time } from '../schema.ts'
import { byAddress } from './domains.ts'

const tag = 'Lists'
const posting = z.enum(['anyone', 'members', 'owners']).check(z.describe('Who may write to it.'))
const answersTo = z.enum(['author', 'list']).check(z.describe('Where answers go.'))
const listShape = named('List', {
  address,
  name: text,
  posting,
  answersTo,
  owners: z.array(address),
  active: count.check(z.describe('Members that get mail.')),
  bouncing: count.check(z.describe('Members that get none any more, since it came back.')),
})
const memberShape = named('Member', {
  address,
  state: z.enum(['active', 'bouncing']),
  since: time,
  bounces: count.check(z.describe('Days on which mail came back.')),
  cause: z.optional(z.string()),
})
const postShape = named('Post', {
  id: count,
  author: z.string(),
  subject: z.string(),
  received: time,
  size: count,
  late: count.check(z.describe('Members whose copies could not be handed over yet.')),
  sent: count,
  refused: count,
  done: z.optional(time),
})

export function listEndpoints(house: House): Endpoint[] {
  return [...theLists(house), ...theMembers(house)]
}

function theLists({ administration: { lists } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/lists',
        summary: 'All distribution lists',
        tag,
        scope: 'lists:read',
        reach: 'work',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(named('ListSummary', { address, owners: z.array(address) })),
      },
      async ({ caller, query, request }) => {
        const reached = (await lists.list()).filter((list) => caller.reachesAddress(list.address))
        return pageOf(byAddress(reached), (list) => list.address, query, request)
      },
    ),
    endpoint(
      {
        method: 'get',
        path: '/lists/{address}',
        summary: 'One list',
        tag,
        scope: 'lists:read',
        reach: 'path',
        result: listShape,
      },
      async ({ path }) => lists.show(path.address),
    ),
    endpoint(
      {
        method: 'put',
        path: '/lists/{address}',
        summary: 'Make a list, or change one: what is not said stays; a new one needs owners',
        tag,
        scope: 'lists:write',
        reach: 'path',
        body: z.strictObject({
          owners: z.optional(z.array(address).check(z.minLength(1), z.maxLength(10))),
          name: z.optional(text),
          posting: z.optional(posting),
          answersTo: z.optional(answersTo),
        }),
        result: listShape,
      },
      async ({ path, body }) => lists.set(path.address, body),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/lists/{address}',
        summary: 'Remove a list; what is on its way to members is dropped',
        tag,
        scope: 'lists:write',
        reach: 'path',
        status: 204,
      },
      async ({ path }) => lists.remove(path.address),
    ),
    endpoint(
      {
        method: 'get',
        path: '/lists/{address}/posts',
        summary: 'Messages on their way to members, and the last fifty that are done',
        tag,
        scope: 'lists:read',
        reach: 'path',
        result: z.array(postShape),
      },
      async ({ path }) => lists.posts(path.address),
    ),
  ]
}

function theMembers({ administration: { lists } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/lists/{address}/members',
        summary: 'Who is on a list',
        tag,
        scope: 'lists:read',
        reach: 'path',
        query: z.strictObject(paged),
        isPaged: true,
        result: z.array(memberShape),
      },
      async ({ path, query, request }) =>
        pageOf(byAddress(await lists.members(path.address)), (member) => member.address, query, request),
    ),
    endpoint(
      {
        method: 'post',
        path: '/lists/{address}/members',
        summary: 'Add members; who is one already gets mail again',
        tag,
        scope: 'lists:write',
        reach: 'path',
        body: z.strictObject({ members: z.array(address).check(z.minLength(1), z.maxLength(1_000)) }),
        mostBody: 1024 * 1024,
        result: z.strictObject({ added: count }),
      },
      async ({ path, body }) => lists.addMembers(path.address, body),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/lists/{address}/members/{member}',
        summary: 'Take somebody off a list',
        tag,
        scope: 'lists:write',
        reach: 'path',
        status: 204,
      },
      async ({ path }) => lists.removeMember(path.address, path.member),
    ),
  ]
}
