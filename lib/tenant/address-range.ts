/** An address range: its first address as an integer, of how many bits the address is, and how many are fixed. */
export type AddressRange = { readonly first: bigint; readonly bits: 32 | 128; readonly fixed: number };

const parseV4 = (text: string): bigint | undefined => {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 255 || String(Number(part)) !== part))
    return undefined;
  return parts.reduce((address, part) => (address << 8n) | BigInt(part), 0n);
};

const parseV6 = (text: string): bigint | undefined => {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  if (halves.length > 2) return undefined;
  const [head = [], tail] = halves;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((address, group) => (address << 16n) | BigInt(`0x${group}`), 0n);
};

/** Reads CIDR notation (`10.0.0.0/8`, `fd00::/8`); undefined when it is none, or when bits below the prefix are set. */
export const parseCidr = (text: string): AddressRange | undefined => {
  const match = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text);
  if (match === null) return undefined;
  const [, address = '', prefix = ''] = match;
  const bits = address.includes(':') ? 128 : 32;
  const first = bits === 128 ? parseV6(address) : parseV4(address);
  const fixed = Number(prefix);
  if (first === undefined || fixed > bits) return undefined;
  const free = BigInt(bits - fixed);
  return (first >> free) << free === first ? { first, bits, fixed } : undefined;
};

/** Whether `inner` lies in `outer`; a range lies in itself. */
export const contains = (outer: AddressRange, inner: AddressRange): boolean => {
  const free = BigInt(outer.bits - outer.fixed);
  return outer.bits === inner.bits && outer.fixed <= inner.fixed && inner.first >> free === outer.first >> free;
};

/** Where a node hands out its own credentials to whoever asks: link-local, the same on all large clouds. */
export const METADATA_ADDRESSES = ['169.254.169.254/32', 'fd00:ec2::254/128'] as const;

/** The metadata addresses in a range: what a policy that opens the range must leave out. */
export const metadataIn = (cidr: string): string[] => {
  const range = parseCidr(cidr);
  return METADATA_ADDRESSES.filter((address) => {
    const metadata = parseCidr(address);
    return range !== undefined && metadata !== undefined && contains(range, metadata);
  });
};
