import * as z from 'zod';

const Ipv4WithPrefix = z
  .string()
  .regex(/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})\/(?:[1-9]|[1-9]\d)$/, 'must be an IPv4 address with a prefix, like 10.201.0.1/30')
  .refine(
    value => value.split(/[./]/).every((part, index) => Number(part) <= (index === 4 ? 30 : 255)),
    'must be an IPv4 address with a prefix of at most 30, like 10.201.0.1/30',
  );

export const Network = z.union([
  z.enum(['link', 'none']),
  z.strictObject({
    host: Ipv4WithPrefix.describe("The host's end of the veth pair."),
    address: Ipv4WithPrefix.describe("The sandbox's end, in the same subnet."),
  }),
]);
export type Network = z.infer<typeof Network>;
