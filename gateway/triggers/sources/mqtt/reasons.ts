const CREDENTIALS =
  'the broker refuses the credentials; check username and password in the Secret of secretRef, and that the user may connect with this client id';
const PROTOCOL = 'the broker does not speak this version of MQTT; set mqtt.protocol to the other one';
const CLIENT_ID = 'the broker does not take the client id; set mqtt.clientId';
const UNAVAILABLE = 'the broker is not available now';

const refusals: Record<4 | 5, Record<number, string>> = {
  4: { 1: PROTOCOL, 2: CLIENT_ID, 3: UNAVAILABLE, 4: CREDENTIALS, 5: CREDENTIALS },
  5: {
    1: PROTOCOL,
    132: PROTOCOL,
    133: CLIENT_ID,
    134: CREDENTIALS,
    135: CREDENTIALS,
    136: UNAVAILABLE,
    137: 'the broker is busy',
    138: 'the broker has banned this client',
    140: 'the broker wants another method of authentication; only username and password are known',
    159: 'the broker takes no more connections so quickly',
  },
};

/** What a CONNACK refuses, with the remedy; undefined when it accepts. */
export function refusal(version: 4 | 5, code = 0): string | undefined {
  return code === 0
    ? undefined
    : (refusals[version][code] ?? `the broker refuses the connection, code ${code}`);
}

/** Why a broker of MQTT 5 says goodbye. */
export function disconnectReason(code = 0): string {
  if (code === 142) {
    return 'another client took over the session; give each its own client id with mqtt.clientId';
  }
  if (code === 139) return 'the broker shuts down';
  if (code === 135) return CREDENTIALS;
  return `the broker closed the connection, code ${code}`;
}
