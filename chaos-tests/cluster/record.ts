/** Records as all tests of clusters speak of them: texts, going in and coming out. */

/** A record to send. A key of null lets the client choose the partition. */
export interface Sent {
  readonly key: string | null;
  readonly value: string | null;
}

/** A record as a client has handed it out. */
export interface Received {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}
