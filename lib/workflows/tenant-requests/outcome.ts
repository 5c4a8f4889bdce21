/** What became of a request: exactly one of these, on its TenantRequest. */
export type Outcome =
  | {
      readonly outcome: 'accepted';
      readonly reason: string;
      readonly message: string;
      readonly changed: readonly string[];
    }
  | { readonly outcome: 'rejected' | 'failed'; readonly reason: string; readonly message: string }
  | { readonly outcome: 'waiting'; readonly reason: string; readonly message: string };

/** Accepted; `changed` names every object that was written (`kind namespace/name`), and is empty when all was so already. */
export const accepted = (changed: readonly string[]): Outcome => ({
  outcome: 'accepted',
  reason: 'Accepted',
  message: changed.length === 0 ? 'everything was so already' : `changed ${changed.join(', ')}`,
  changed,
});

/** Neither done nor refused: it is taken up again by itself. */
export const waiting = (reason: string, message: string): Outcome => ({ outcome: 'waiting', reason, message });

/** Refused, with every problem in one text. */
export const rejected = (reason: string, problems: readonly string[]): Outcome => ({
  outcome: 'rejected',
  reason,
  message: problems.join('; '),
});
