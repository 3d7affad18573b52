/** What is no request ends the connection it came on, is told in one line, and harms nobody else. */
import { apiVersions, encodeRequestFrame, metadata } from '@hapax/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LoneNode } from './lone-node.ts';
import { RawConnection } from './raw-connection.ts';

let lone: LoneNode;

beforeAll(async () => {
  lone = await LoneNode.start();
}, 120_000);

afterAll(() => lone.stop(), 60_000);

const CLIENT_SOFTWARE = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' };

/** API key and version as given, then a correlation id, no client id, and no tagged fields. */
function header(apiKey: number, version: number): Uint8Array {
  const bytes = Buffer.alloc(11);
  bytes.writeInt16BE(apiKey, 0);
  bytes.writeInt16BE(version, 2);
  bytes.writeInt32BE(7, 4);
  bytes.writeInt16BE(-1, 8);
  return bytes;
}

function withLength(length: number, content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4 + content.length);
  bytes.writeInt32BE(length);
  bytes.set(content, 4);
  return bytes;
}

function framed(content: Uint8Array): Uint8Array {
  return withLength(content.length, content);
}

const wholeMetadata = Buffer.concat(encodeRequestFrame(metadata, 12, 1, 'raw', { topics: [{ name: 'some-topic' }] }));

const BAD: readonly (readonly [string, Uint8Array])[] = [
  ['a frame longer than any request may be', withLength(2_000_000_000, new Uint8Array(100))],
  ['a frame of negative length', withLength(-1, new Uint8Array(100))],
  ['a request of another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['noise of an allowed length', framed(Buffer.alloc(200, 0xa5))],
  ['an empty frame', framed(new Uint8Array(0))],
  ['an unknown API', framed(header(9999, 0))],
  ['a version that is not served', framed(header(metadata.key, 99))],
  ['a request that is cut off in its body', framed(wholeMetadata.subarray(0, wholeMetadata.length - 6))],
];

describe('a connection', () => {
  test.each(BAD)('is closed by %s', async (_, bytes) => {
    const bystander = await RawConnection.open(lone.node.kafka);
    const bad = await RawConnection.open(lone.node.kafka);
    const { localPort } = bad;
    bad.sendBytes(bytes);
    await bad.closed;
    const lines = await lone.untilLogged(new RegExp(`\\b${localPort}\\b`, 'u'));
    expect(lines).toHaveLength(1);
    expect((await bystander.request(apiVersions, 3, CLIENT_SOFTWARE)).errorCode).toBe(0);
    bystander.close();
  });

  test('that ends in the middle of a frame is forgotten', async () => {
    const bystander = await RawConnection.open(lone.node.kafka);
    const truncated = await RawConnection.open(lone.node.kafka);
    truncated.sendBytes(framed(wholeMetadata).subarray(0, 20));
    truncated.end();
    await truncated.closed;
    expect((await bystander.request(apiVersions, 3, CLIENT_SOFTWARE)).errorCode).toBe(0);
    bystander.close();
  });

  test('that asks for a version of ApiVersions to come is told which there are', async () => {
    const asking = await RawConnection.open(lone.node.kafka);
    const answered = new Promise<void>((resolve) => void asking.closed.then(resolve));
    asking.sendFrame(header(apiVersions.key, 99));
    // It stays open: the next request on it is answered, behind the answer to the first.
    expect((await asking.request(apiVersions, 0, {})).errorCode).toBe(35);
    asking.close();
    await answered;
  });
});
