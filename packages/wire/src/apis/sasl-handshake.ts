/** SaslHandshake: agrees on a mechanism of authentication. */
import { defineApi } from '../api.ts';
import { array, int16, string } from '../field.ts';

/** Version 0 is followed by bare SASL tokens, version 1 by SaslAuthenticate. [KIP-152] */
export const saslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  flexibleFrom: 'none',
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});
