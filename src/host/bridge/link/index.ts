/** The wire between a bridge and the Worker: both ends import it, and it needs nothing of either's runtime. */
export { type AssembledRequest, FrameAssembler } from './frame-assembler.ts'
export { doorOf, type DoorPolicy, type DoorRates } from './door-policy.ts'
export { batchSize, FrameSender, type SendMessage } from './frame-sender.ts'
export {
  decodeFrames,
  encodeFrame,
  type Frame,
  FrameError,
  frameKind,
  type FrameKind,
  type FrameParts,
  maxBodyPart,
  nextFrameId,
  requestFrames,
} from './frame.ts'
export {
  type AuthenticateAnswer,
  type AuthenticateRequest,
  authenticationOf,
  type ClientAnswer,
  clientOf,
  type ClientRequest,
  type DeliverRequest,
  type HelloAnswer,
  type HelloRequest,
  type LinkOrigin,
  type LinkRequest,
  type RecipientRequest,
  type ReplyAnswer,
  replyOf,
  saltOf,
  type ScramProofAnswer,
  type ScramProofRequest,
  type ScramSaltRequest,
  type SenderRequest,
  type TurnedAwayRequest,
  type TurnedAwayWhy,
  turnedAwayWhys,
  signatureOf,
} from './link-protocol.ts'
