/** Why a value could not be measured. Closed set, shown to people as it is. */
export type UnknownReason =
  | 'NotReported' // Flink does not expose it (a source without pendingRecords, a metric not yet fetched)
  | 'Incomplete' // Flink answered, but marked the sum as incomplete
  | 'Stale' // older than the reader may use
  | 'Restarted' // a counter went back or the job started anew between two samples
  | 'TooFewSamples'
  | 'Unreachable'
  | 'Idle'; // a rate per busy second of something that was never busy

/** A measured value, or unknown and why. Unknown is never zero, and never scales anything down. */
export type Measurement =
  | { readonly kind: 'known'; readonly value: number }
  | { readonly kind: 'unknown'; readonly why: UnknownReason };

/** A known measurement. */
export const known = (value: number): Measurement => ({ kind: 'known', value });

/** A missing measurement, with the reason. */
export const unknown = (why: UnknownReason): Measurement => ({ kind: 'unknown', why });
