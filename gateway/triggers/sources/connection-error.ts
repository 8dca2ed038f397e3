/** What is wrong with a connection, in words of the trigger that wants it. */

const NETWORK: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name could not be resolved',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
};

const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/**
 * An error that names what to correct when a connection could not be made; undefined when it is of another kind.
 * @param field where the trigger says what to connect to, for example `kafka.brokers`
 */
export function explainConnectionError(error: Error, field: string, address: string): Error | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (Object.hasOwn(NETWORK, code)) {
    return new Error(
      `cannot connect to ${address}: ${NETWORK[code]} (${code}). Check ${field}, and that the gateways may reach it.`,
      { cause: error },
    );
  }
  if (TLS.test(code)) {
    return new Error(
      `no TLS connection to ${address}: ${error.message} (${code}). Check that it speaks TLS under the name in ${field}, and that the Secret of secretRef has its authority in ca.crt.`,
      { cause: error },
    );
  }
  return undefined;
}
