/**
 * Which addresses a gateway may POST to. URLs come from callers and from whoever writes Functions, and a gateway stands
 * inside of the cluster: without a bound they could make it talk to the API server, a cloud's metadata or another tenant.
 * Only public addresses are allowed, and the networks that the administrator names. Pure.
 */
import { BlockList, isIP } from 'node:net';

/** Not public: https://www.iana.org/assignments/iana-ipv4-special-registry and the same for IPv6. */
const SPECIAL_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];
/** All of IPv6 but 2000::/3, and what in that is not public or leads to IPv4. */
const PUBLIC_V6 = '2000::/3';
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

export class Reachable {
  private readonly allowed: BlockList;
  private readonly special = listOf(SPECIAL_V4);
  private readonly publicV6 = listOf([PUBLIC_V6]);
  private readonly specialV6 = listOf(SPECIAL_V6);

  /**
   * @param allowed networks in CIDR form, allowed although they are not public
   * @throws Error that names the one that is none
   */
  constructor(allowed: readonly string[]) {
    this.allowed = listOf(allowed);
  }

  /** Whether an IP address may be connected to. */
  has(address: string): boolean {
    const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
    const family = isIP(plain);
    if (family === 0) return false;
    if (this.allowed.check(plain, family === 4 ? 'ipv4' : 'ipv6')) return true;
    if (family === 4) return !this.special.check(plain, 'ipv4');
    return this.publicV6.check(plain, 'ipv6') && !this.specialV6.check(plain, 'ipv6');
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address);
    const length = Number(bits);
    if (family === 0 || !/^\d{1,3}$/.test(bits ?? '') || length > (family === 4 ? 32 : 128))
      throw new Error(`"${network}" is not a network such as 10.0.0.0/8`);
    list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
