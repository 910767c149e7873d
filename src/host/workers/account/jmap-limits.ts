/**
 * JMAP's limits for this deployment: what the operator lets a message be bounds what may be uploaded for one.
 */
import { defaultLimits, type JmapLimits } from '../../../access/jmap/index.ts'
import type { Env } from '../env.ts'
import { settingsOf } from '../settings.ts'

export function jmapLimits(env: Env): JmapLimits {
  const { maxMessageSize } = settingsOf(env)
  return {
    ...defaultLimits,
    maxSizeUpload: maxMessageSize,
    maxSizeEmail: maxMessageSize,
    maxSizeAttachmentsPerEmail: Math.min(defaultLimits.maxSizeAttachmentsPerEmail, maxMessageSize),
  }
}
