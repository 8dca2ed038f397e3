import { controlPlane, DOMAIN } from '../plan/addresses.ts';
import { configFile } from '../plan/files.ts';

/** The cluster's names as kubeadm configures them; all others do not exist, since there is nobody to ask. */
export function corefile(): string {
  const zones = `${DOMAIN} in-addr.arpa ip6.arpa`;
  return `${zones} {
    bind ${controlPlane.address}
    errors
    cache 30 {
        disable success ${DOMAIN}
        disable denial ${DOMAIN}
    }
    kubernetes ${zones} {
        kubeconfig ${configFile('dns.kubeconfig')}
        pods insecure
        ttl 30
    }
}
. {
    bind ${controlPlane.address}
    errors
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`;
}
