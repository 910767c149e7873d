/**
 * Schemas that several routes share, and how they are written.
 *
 * A schema with a name stands once in the OpenAPI document; all others stand where they are used.
 */
import * as z from 'zod/mini'
import english from 'zod/v4/locales/en.js'

z.config(english())

/** An object that is described under `name`; members that it does not have are refused. */
export function named<Shape extends z.core.$ZodLooseShape>(
  name: string,
  shape: Shape,
  about?: string,
): z.ZodMiniObject<Shape, z.core.$strict> {
  return z.strictObject(shape).check(z.meta({ id: name, ...(about === undefined ? {} : { description: about }) }))
}

export const text = z.string().check(z.maxLength(256), z.regex(/^[^\p{Cc}]*$/u, 'must hold no control characters'))
export const count = z.int().check(z.gte(0))
/** Milliseconds since the epoch. */
export const time = z.int().check(z.gte(0), z.describe('Milliseconds since 1970, UTC.'))
export const address = z.string().check(z.maxLength(320), z.describe('A mail address.'))

/** A page of a list: `after` as the link to the next page has it. */
export const paged = {
  after: z.optional(z.string().check(z.maxLength(400), z.describe('From the Link header of the page before.'))),
  limit: z.optional(
    z
      .string()
      .check(
        z.regex(/^(?:[1-9]\d{0,2}|1000)$/, 'must be a number from 1 to 1000'),
        z.describe('1 to 1000, usually 1000.'),
      ),
  ),
}
