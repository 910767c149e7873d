/**
 * Capability URIs (RFC 8620 §9.4, RFC 8621 §1.3).
 */
export const coreCapability = 'urn:ietf:params:jmap:core'
export const mailCapability = 'urn:ietf:params:jmap:mail'
export const submissionCapability = 'urn:ietf:params:jmap:submission'
