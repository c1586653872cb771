export interface LogEvent {
  readonly logStreamName: string;
  /** Milliseconds since 1970, as CloudWatch Logs has it. */
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

export interface LogStream {
  readonly logStreamName: string;
  /** Milliseconds since 1970. */
  readonly creationTime: number;
  readonly firstEventTimestamp?: number;
  readonly lastEventTimestamp?: number;
  readonly lastIngestionTime?: number;
  /** Bytes. */
  readonly storedBytes: number;
}

/** The lines of log groups, kept on disk until their group is deleted. */
export interface Logs {
  streams(group: string): Promise<readonly LogStream[]>;
  /** Oldest first, of one stream or of all, in the order of their time. */
  events(group: string, stream?: string): AsyncIterable<LogEvent>;
  /** Told of each event that comes. @returns what ends it */
  follow(tell: (group: string, event: LogEvent) => void): () => void;
  /** The group is gone, and with it all its lines. */
  remove(group: string): void;
}
