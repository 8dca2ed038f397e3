import { expect, it } from 'vitest';
import { signatureHeaders } from './signature.ts';

it('signs as the example of the specification', () => {
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const body = Buffer.from('{"test": 2432232314}');
  expect(signatureHeaders(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body)).toEqual([
    ...['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
    ...['webhook-timestamp', '1614265330'],
    ...['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ]);
});
