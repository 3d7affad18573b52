/** The settings of a group coordinator. The broker's configuration fills them in; there are no defaults here. */

/** Every number is validated at the edge. Times in milliseconds. */
export interface GroupConfig {
  /** `group.min.session.timeout.ms`: sessions shorter than this are refused. */
  readonly minSessionTimeoutMs: number;
  /** `group.max.session.timeout.ms`: sessions longer than this are refused. */
  readonly maxSessionTimeoutMs: number;
  /** `group.initial.rebalance.delay.ms`: how long an empty group waits for more members; 0 for not at all. */
  readonly initialRebalanceDelayMs: number;
  /** How long a member that joined for the first time may wait for its answer before it is given up. */
  readonly newMemberJoinTimeoutMs: number;
  /** `group.max.size`: the most members a group may have. */
  readonly maxSize: number;
  /** The most member ids of one group that were handed out and not yet used. */
  readonly pendingMembersMax: number;
  /** The most groups of one offsets partition. */
  readonly groupsMax: number;
  /** The most bytes of protocols, names and metadata together, in one member's join. */
  readonly memberMetadataMaxBytes: number;
  /** `offset.metadata.max.bytes`: the longest text beside a committed offset. */
  readonly offsetMetadataMaxBytes: number;
  /** `offsets.retention.minutes`, in milliseconds. */
  readonly offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms`. */
  readonly offsetsRetentionCheckIntervalMs: number;
  /** `offsets.commit.timeout.ms`: how long an answer may wait for the commit of its records. */
  readonly commitTimeoutMs: number;
  /** How many answers may wait for a commit at once. */
  readonly parkedMax: number;
}
