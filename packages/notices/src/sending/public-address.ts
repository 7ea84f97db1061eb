import { BlockList, isIPv4, isIPv6 } from 'node:net';

// Special-purpose IPv4 (RFC 6890 and its registry): this network, private, carrier-grade NAT, loopback, link-local with
// the metadata services of clouds, protocol assignments, documentation, 6to4 relays, benchmarking, multicast, reserved,
// broadcast.
const NOT_PUBLIC_4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
// Within the global IPv6 addresses: protocol assignments with Teredo, documentation, 6to4 (an IPv4 address in
// disguise), documentation again.
const NOT_PUBLIC_6: [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const notPublic4 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_4) notPublic4.addSubnet(network, prefix, 'ipv4');
const notPublic6 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_6) notPublic6.addSubnet(network, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
// Holds an IPv4 address in its last 32 bits: mapped ones are that address, translated ones (NAT64) lead to it.
const holds4 = new BlockList();
holds4.addSubnet('::ffff:0:0', 96, 'ipv6');
holds4.addSubnet('64:ff9b::', 96, 'ipv6');

/**
 * Does this address stand in the public internet? Not: this machine, its network, a cloud's metadata service,
 * multicast, or anything that leads there.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false; // a zone belongs to link-local addresses
  if (holds4.check(address, 'ipv6')) return isPublicAddress(last32Bits(address));
  return global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}

function last32Bits(address: string): string {
  // The URL parser writes every spelling in one way: groups of hexadecimal digits, the longest run of zeros left out.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(':'));
  const [left, right] = [groupsOf(head), groupsOf(tail)];
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  const [high = 0, low = 0] = groups.slice(6).map((group) => parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
