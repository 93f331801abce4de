import type { SandboxNetwork } from '../protocol/model.ts';
import type { HelperStep } from './steps.ts';

/** A veth pair with addresses, both ends up. */
export function networkSteps(network: SandboxNetwork): HelperStep[] {
  const { hostLink, hostAddress, link, address } = network;
  return [
    { do: 'link', network },
    { do: 'address', side: 'host', link: hostLink, address: hostAddress },
    { do: 'address', side: 'inside', link, address },
    { do: 'up', side: 'host', link: hostLink },
    { do: 'up', side: 'inside', link },
    { do: 'up', side: 'inside', link: 'lo' },
  ];
}
