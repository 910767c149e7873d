export { count, type Counters, delayBuckets } from './counters.ts'
export {
  bounded,
  type CountedEvent,
  mostRecipients,
  type TracePlace,
  type TraceEvent,
  type TraceStep,
} from './event.ts'
export { labelValue, prometheusText, prometheusType } from './prometheus.ts'
export { formatSentMessageId, parseSentMessageId, type SentMessageId } from './sent-message-id.ts'
export { senderView, type SenderStep } from './sender-view.ts'
export { mostSought, type TraceSearch, TraceStore } from './trace-store.ts'
