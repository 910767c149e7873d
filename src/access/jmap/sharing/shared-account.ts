/**
 * An account that shares something, as an Account object.
 *
 * Standards: RFC 8620 §2 (accounts), RFC 9670 §1.4, §1.5.2, §2 (a Principal's accounts).
 */
import { hasRights, type Right, type SharedAccount, type StoreLimits } from '../../../mailbox/index.ts'
import {
  blobCapability,
  coreCapability,
  mailCapability,
  mailShareCapability,
  ownerCapability,
  quotaCapability,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'
import { blobOptions, mailOptions } from '../account-capabilities.ts'
import type { JmapLimits } from '../limits.ts'

/** All that changes somebody's mail. Looking, reading and posting do not. */
const changing: readonly Right[] = ['s', 'w', 'i', 'k', 'x', 't', 'e', 'a']

/** Whether nothing may be changed there. What the user is subscribed to is their own. */
export function isReadOnly({ mailboxes }: Pick<SharedAccount, 'mailboxes'>): boolean {
  return !mailboxes.some(({ rights }) => changing.some((letter) => hasRights(rights, letter)))
}

/** Who may put mail there sees the quota that counts it. */
function mayAdd({ mailboxes }: SharedAccount): boolean {
  return mailboxes.some(({ rights }) => hasRights(rights, 'i'))
}

/** `principalsAccount`: the account of the user, which has the Principal objects. */
export function sharedAccountObject(
  shared: SharedAccount,
  principalsAccount: string,
  limits: JmapLimits,
  storeLimits: StoreLimits,
): JsonObject {
  return {
    name: shared.address,
    isPersonal: false,
    isReadOnly: isReadOnly(shared),
    accountCapabilities: {
      [coreCapability]: {},
      [mailCapability]: { ...mailOptions(storeLimits, limits), mayCreateTopLevelMailbox: false },
      [blobCapability]: blobOptions(limits),
      ...(mayAdd(shared) ? { [quotaCapability]: {} } : {}),
      [mailShareCapability]: {},
      [ownerCapability]: { accountIdForPrincipal: principalsAccount, principalId: shared.id },
    },
  }
}
