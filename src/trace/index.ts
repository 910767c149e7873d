export { count, type Counters, delayBuckets } from './counters.ts'
export { bounded, mostRecipients, type TracePlace, type TraceEvent, type TraceStep } from './event.ts'
export { labelValue, prometheusText, prometheusType } from './prometheus.ts'
export { mostSought, type TraceSearch, TraceStore } from './trace-store.ts'
