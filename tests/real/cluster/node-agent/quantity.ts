const units: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity ("500m", "1Gi", "1e3") as a number of cores or bytes. */
export function parseQuantity(quantity: string): number {
  const [, digits = '', unit = ''] = /^([\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  const factor = units[unit];
  if (digits === '' || factor === undefined) throw new Error(`not a quantity: "${quantity}"`);
  return Number(digits) * factor;
}
