/** An IPv4 range. */
export interface Cidr {
  /** First address, as a number. */
  readonly first: number;
  /** Bits of the network: 24. */
  readonly bits: number;
}

/** @throws when it is none, or has bits set beyond the network's */
export function parseCidr(text: string): Cidr {
  const [address = "", length = "32"] = text.split("/");
  const first = toNumber(address);
  const bits = Number(length);
  if (first === undefined || !Number.isInteger(bits) || bits < 0 || bits > 32 || first % size(bits) !== 0) {
    throw new Error(`"${text}" is not an IPv4 range such as 10.0.0.0/24`);
  }
  return { first, bits };
}

export function contains({ first, bits }: Cidr, address: string): boolean {
  const number = toNumber(address);
  return number !== undefined && number >= first && number < first + size(bits);
}

export function overlap(a: Cidr, b: Cidr): boolean {
  return a.first < b.first + size(b.bits) && b.first < a.first + size(a.bits);
}

/** The n-th address of a range, from 0. */
export function addressIn({ first }: Cidr, n: number): string {
  const address = first + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** How many addresses there are. */
export function size(bits: number): number {
  return 2 ** (32 - bits);
}

function toNumber(address: string): number | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
