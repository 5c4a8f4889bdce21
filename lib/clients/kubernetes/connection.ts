/** How to reach and be known to one API server. Made once per sandbox; it caches tokens. */
export type Connection = {
  readonly server: string;
};
