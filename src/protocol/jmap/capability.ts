/**
 * Capability URIs (RFC 8620 §9.4, RFC 8621 §1.3, RFC 8887 §3, RFC 9749 §3, RFC 9670 §1.5).
 */
export const coreCapability = 'urn:ietf:params:jmap:core'
export const mailCapability = 'urn:ietf:params:jmap:mail'
export const submissionCapability = 'urn:ietf:params:jmap:submission'
/** RFC 8621 §8. */
export const vacationCapability = 'urn:ietf:params:jmap:vacationresponse'
export const webSocketCapability = 'urn:ietf:params:jmap:websocket'
export const vapidCapability = 'urn:ietf:params:jmap:webpush-vapid'
/** RFC 9425 §3. */
export const quotaCapability = 'urn:ietf:params:jmap:quota'
/** RFC 9404 §3. */
export const blobCapability = 'urn:ietf:params:jmap:blob'
/** RFC 9007 §1.3. */
export const mdnCapability = 'urn:ietf:params:jmap:mdn'
/** RFC 9670 §1.5.1. */
export const principalsCapability = 'urn:ietf:params:jmap:principals'
/** Of accounts only (RFC 9670 §1.5.2). */
export const ownerCapability = 'urn:ietf:params:jmap:principals:owner'
/** Fastmail's extension for addresses made up for one correspondent each. */
export const maskedEmailCapability = 'https://www.fastmail.com/dev/maskedemail'
/** Ours: how submitted messages fared on their way (docs/jmap-timeline.md). */
export const timelineCapability = 'https://facteur.test/jmap/timeline'
/** Ours: in which language reports are written (docs/jmap-report-language.md). */
export const reportLanguageCapability = 'https://facteur.test/jmap/report-language'
/** draft-ietf-jmap-mail-sharing: `shareWith` and `mayShare` of a Mailbox. Clients look for it before they offer to share. */
export const mailShareCapability = 'urn:ietf:params:jmap:mail:share'
