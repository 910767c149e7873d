/**
 * What several endpoints answer.
 */
import * as z from 'zod/mini'
import { address, named, time } from './schema.ts'

export const accountShape = named('Account', { id: z.string(), address, created: time })
export const aliasShape = named('Alias', { address, targets: z.array(address) })
