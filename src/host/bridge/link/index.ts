/** The wire between a bridge and the Worker: both ends import it, and it needs nothing of either's runtime. */
export {
  type AssembledRequest,
  decodeFrame,
  encodeFrame,
  encodeRequest,
  type Frame,
  FrameAssembler,
  FrameError,
  frameKind,
  type FrameKind,
  maxBodyPart,
  nextFrameId,
} from './frame.ts'
export {
  type AuthenticateAnswer,
  type AuthenticateRequest,
  authenticationOf,
  type DeliverRequest,
  type HelloAnswer,
  type HelloRequest,
  type LinkOrigin,
  type LinkRequest,
  type RecipientRequest,
  type ReplyAnswer,
  replyOf,
  type SenderRequest,
} from './link-protocol.ts'
