/** SaslAuthenticate: carries the tokens of authentication. */
import { defineApi } from '../api.ts';
import { bytes, int16, int64, string } from '../field.ts';

/** The number of rounds depends on the mechanism. [KIP-152] */
export const saslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ versions: '1+', ignorable: true }),
  },
});
