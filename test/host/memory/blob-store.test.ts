import { MemoryBlobStore } from '../../../src/host/memory/blob-store.ts'
import { blobStoreContract } from '../../mailbox/blob-store-contract.ts'

blobStoreContract('memory', () => new MemoryBlobStore())
