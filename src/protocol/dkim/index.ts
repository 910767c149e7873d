/**
 * DKIM: signatures of domains on messages, verified and made.
 */
export { dkimAuthentication } from './authentication-result.ts'
export { BodyCanonicalizer, canonicalBody, type Canonicalization } from './body-canonicalization.ts'
export { BodyHashes } from './body-hash.ts'
export { canonicalField, headerOctets, selectFields, withoutSignature } from './header-canonicalization.ts'
export { type KeyRecord, parseKeyRecord } from './key-record.ts'
export { readSignedMessage, type SignedField, type SignedMessage } from './message.ts'
export { readRsaKey } from './public-key.ts'
export { type SignOptions, signatureText, signDkim, signField } from './sign.ts'
export { type DkimSignature, domainOf, parseSignature, readSignedPart, readTimes } from './signature.ts'
export type { CryptoKeyHandle, SignatureAlgorithm, SignatureCrypto } from './signature-crypto.ts'
export { fieldNamesToSign } from './signed-fields.ts'
export { generateKeyPair, importSigningKey, type KeyPair, keyRecordText, type SigningKey } from './signing-key.ts'
export { parseTagList, type TagList, withoutWhite } from './tag-list.ts'
export {
  type DkimResult,
  type DkimStatus,
  verifyDkim,
  verifyOctets,
  type VerifyOptions,
  type VerifyPorts,
} from './verify.ts'
