/** A whole image as bytes: the records that make it, so that a snapshot is a replay like any other [R10]. */
import { AppError, encodeText } from '@hapax/base';
import { ClusterImage, type ClusterImageOptions } from './cluster-image.ts';
import { type MetadataRecord, parseVersioned, recordsOf } from './records.ts';

const FORMAT_VERSION = 1;

/** The bytes of an image, for a snapshot as of its metadata offset. Equal images give equal bytes. */
export function encodeImage(image: ClusterImage): Uint8Array {
  const snapshot = { version: FORMAT_VERSION, metadataOffset: image.metadataOffset, records: imageRecords(image) };
  return encodeText(JSON.stringify(snapshot));
}

/** Reads what {@link encodeImage} wrote. Throws `data-corrupt` for other bytes. */
export function decodeImage(bytes: Uint8Array, options: ClusterImageOptions): ClusterImage {
  const what = 'a metadata snapshot';
  const fields = parseVersioned(bytes, what);
  const offset = fields['metadataOffset'];
  if (typeof offset !== 'number') {
    throw new AppError('data-corrupt', `${what} has no offset`, { retriable: false, definite: true });
  }
  const image = new ClusterImage(options);
  image.replay(recordsOf(fields, what), { offset, timestampMs: 0 });
  return image;
}

/** An image of its own with the same content: the controller's, made from that which the node follows. */
export function copyImage(image: ClusterImage, options: ClusterImageOptions): ClusterImage {
  const copy = new ClusterImage(options);
  copy.replay(imageRecords(image), { offset: image.metadataOffset, timestampMs: 0 });
  return copy;
}

/** The records that make an image out of nothing, in an order that depends on its content alone. */
function imageRecords(image: ClusterImage): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  if (image.clusterId !== undefined) records.push({ type: 'cluster', clusterId: image.clusterId });
  for (const [name, level] of [...image.features].sort()) records.push({ type: 'feature', name, level });
  const brokers = [...image.brokers].sort((a, b) => a.brokerId - b.brokerId);
  for (const broker of brokers) records.push({ type: 'register-broker', ...broker });
  const topics = image.topics().sort((a, b) => compareText(a.name, b.name));
  for (const { topicId, name, partitions } of topics) {
    records.push({ type: 'topic', topicId, name });
    for (const { topic: _topic, ...state } of partitions) records.push({ type: 'partition', ...state });
  }
  const sortKey = (record: { resourceType: string; resourceName: string; key: string }): string =>
    `${record.resourceType}/${record.resourceName}/${record.key}`;
  records.push(...image.configRecords().sort((a, b) => compareText(sortKey(a), sortKey(b))));
  const nextProducerId = image.nextProducerId;
  if (nextProducerId > 0) records.push({ type: 'producer-ids', brokerId: -1, brokerEpoch: -1, nextProducerId });
  return records;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
