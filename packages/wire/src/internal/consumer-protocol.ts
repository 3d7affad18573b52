/** What members of a consumer group tell each other through JoinGroup and SyncGroup. Brokers pass it on unread. */
import { array, bytes, int32, string, struct } from '../field.ts';
import { defineVersioned } from '../versioned.ts';

/** A member's topics, and the partitions it has. [KIP-429, KIP-881] */
export const consumerProtocolSubscription = defineVersioned({
  name: 'consumer subscription',
  versions: [0, 3],
  flexibleFrom: 'none',
  newerVersions: 'read-as-newest',
  fields: {
    topics: array(string()),
    userData: bytes({ nullable: '0+', default: null }),
    ownedPartitions: array(struct({
      topic: string({ mapKey: true }),
      partitions: array(int32()),
    }), { versions: '1+', ignorable: true }),
    generationId: int32({ versions: '2+', default: -1, ignorable: true }),
    rackId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
  },
});

/** The partitions that the leader of a group gives to a member. */
export const consumerProtocolAssignment = defineVersioned({
  name: 'consumer assignment',
  versions: [0, 3],
  flexibleFrom: 'none',
  newerVersions: 'read-as-newest',
  fields: {
    assignedPartitions: array(struct({ topic: string({ mapKey: true }), partitions: array(int32()) })),
    userData: bytes({ nullable: '0+', default: null }),
  },
});
