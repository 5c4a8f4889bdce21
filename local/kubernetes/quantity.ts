/** Kubernetes quantities, exact: `500m`, `4Gi`, `1e3` (k8s.io/apimachinery/pkg/api/resource). */

type Format = 'decimal' | 'binary' | 'exponent';

/** An amount in billionths, and the style in which it was written. */
export type Quantity = { readonly nanos: bigint; readonly format: Format };

const NANO = 1_000_000_000n;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];

const FORM = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

export const ZERO: Quantity = { nanos: 0n, format: 'decimal' };

const scaled = (digits: string, tenExponent: number): bigint => {
  const [whole = '', fraction = ''] = digits.split('.');
  const shift = tenExponent + 9 - fraction.length;
  const value = BigInt(`${whole}${fraction}` || '0');
  if (shift >= 0) return value * 10n ** BigInt(shift);
  // Finer than a billionth is rounded up, away from zero.
  const divisor = 10n ** BigInt(-shift);
  return (value + divisor - 1n) / divisor;
};

/** Undefined when the text is no quantity. */
export const parseQuantity = (text: string): Quantity | undefined => {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, digits = '', suffix = ''] = match;
  const signed = (nanos: bigint): bigint => (sign === '-' ? -nanos : nanos);
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) return { nanos: signed(scaled(digits, 0) * 1024n ** BigInt(binary)), format: 'binary' };
  const decimal = DECIMAL.indexOf(suffix);
  if (decimal >= 0) return { nanos: signed(scaled(digits, (decimal - 3) * 3)), format: 'decimal' };
  return { nanos: signed(scaled(digits, Number(suffix.slice(1)))), format: 'exponent' };
};

const binaryText = (amount: bigint): string => {
  let [rest, power] = [amount, 0];
  while (rest !== 0n && rest % 1024n === 0n && power < BINARY.length - 1) {
    rest /= 1024n;
    power += 1;
  }
  return `${rest}${BINARY[power] ?? ''}`;
};

/** The canonical text: no fraction, the largest suffix that keeps it exact. */
export const formatQuantity = ({ nanos, format }: Quantity): string => {
  if (nanos === 0n) return '0';
  const isSmall = nanos > -1024n * NANO && nanos < 1024n * NANO;
  if (format === 'binary' && !isSmall) return binaryText((nanos + (nanos > 0n ? NANO - 1n : 0n)) / NANO);
  let [rest, power] = [nanos, 0];
  while (rest % 1000n === 0n && power < DECIMAL.length - 1) {
    rest /= 1000n;
    power += 1;
  }
  if (format !== 'exponent') return `${rest}${DECIMAL[power] ?? ''}`;
  const exponent = (power - 3) * 3;
  return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
};

export const add = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

export const subtract = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos - b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

export const larger = (a: Quantity, b: Quantity): Quantity => (b.nanos > a.nanos ? b : a);

/** Amounts by resource name. */
export type Amounts = Readonly<Record<string, Quantity>>;

/** Reads amounts off an object; what is no quantity counts as none. */
export const amountsOf = (value: Readonly<Record<string, unknown>>): Amounts =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => {
      const quantity = typeof text === 'string' || typeof text === 'number' ? parseQuantity(String(text)) : undefined;
      return quantity === undefined ? [] : [[name, quantity]];
    }),
  );

/** Combines two sets of amounts name by name; a name that one lacks is taken from the other. */
export const combine = (a: Amounts, b: Amounts, how: (a: Quantity, b: Quantity) => Quantity): Amounts => {
  const result: Record<string, Quantity> = { ...a };
  for (const [name, quantity] of Object.entries(b)) {
    const own = result[name];
    result[name] = own === undefined ? quantity : how(own, quantity);
  }
  return result;
};

export const formatAmounts = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, quantity]) => [name, formatQuantity(quantity)]));
