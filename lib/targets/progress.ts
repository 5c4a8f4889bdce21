/** How a long action stands, judged on what was read and never on the answer to a write. */
export type Progress =
  | { readonly kind: 'pending'; readonly why: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string };
