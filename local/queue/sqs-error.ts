/** Each refusal: its shape in the JSON protocol, and its code in the older query protocol, which the header `x-amzn-query-error` still carries. */
const CODES = {
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidAttributeName: 'InvalidAttributeName',
  InvalidAttributeValue: 'InvalidAttributeValue',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  InvalidMessageContents: 'InvalidMessageContents',
  InvalidParameterValue: 'InvalidParameterValue',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  MissingParameter: 'MissingParameter',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  ReceiptHandleIsInvalid: 'ReceiptHandleIsInvalid',
  ResourceNotFoundException: 'ResourceNotFoundException',
  SerializationException: 'SerializationException',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  UnknownOperation: 'UnknownOperationException',
} as const;

export type SqsErrorCode = keyof typeof CODES;

/** Refusals that come from the service's framework and not from its model, and their names there. */
const FRAMEWORK: Partial<Record<SqsErrorCode, string>> = {
  InvalidParameterValue: 'InvalidParameterValueException',
  MissingParameter: 'MissingRequiredParameterException',
  SerializationException: 'SerializationException',
  UnknownOperation: 'UnknownOperationException',
};

/** What SQS refuses. Every refusal is the sender's fault and has status 400. */
export class SqsError extends Error {
  readonly code: SqsErrorCode;

  constructor(code: SqsErrorCode, message: string) {
    super(message);
    this.name = 'SqsError';
    this.code = code;
  }

  /** `__type` of the JSON protocol. */
  get type(): string {
    const framework = FRAMEWORK[this.code];
    return framework === undefined ? `com.amazonaws.sqs#${this.code}` : `com.amazon.coral.service#${framework}`;
  }

  /** The code that a failed entry of a batch and the header `x-amzn-query-error` carry. */
  get queryCode(): string {
    return CODES[this.code];
  }
}

/** SQS's usual sentence about a parameter. */
export const invalidParameter = (name: string, value: unknown, reason: string): SqsError =>
  new SqsError('InvalidParameterValue', `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);

export const missingParameter = (name: string): SqsError =>
  new SqsError('MissingParameter', `The request must contain the parameter ${name}.`);
