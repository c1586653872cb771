/** An error of one of AWS's APIs. */
export class AwsError extends Error {
  /** `InvalidParameterException`, `DependencyViolation`, ... */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
  }
}
