export { familiarMs, GreylistStore, windowMs } from './greylist-store.ts'
