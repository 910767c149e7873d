/**
 * ARC: what earlier receivers of a passed-on message found, sealed.
 */
export { type ArcSet, type ChainStatus, readResults } from './arc-set.ts'
export { sealArc, type SealOptions } from './seal.ts'
export { arcAuthentication, type ArcResult, validateArc } from './validate.ts'
