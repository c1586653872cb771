/** An error in the form of Google's APIs: https://cloud.google.com/apis/design/errors. */
export class ApiError extends Error {
  /** HTTP status. */
  readonly code: number;
  /** Canonical name: `PERMISSION_DENIED`. */
  readonly status: string;

  constructor(code: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = statuses[code] ?? "INTERNAL";
  }

  /** Of the older APIs: `forbidden`. */
  get reason(): string {
    return reasons[this.code] ?? "backendError";
  }

  /** The answer's body. */
  toJson(): string {
    const { code, message, status, reason } = this;
    return JSON.stringify({ error: { code, message, status, errors: [{ message, domain: "global", reason }] } });
  }
}

const statuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  409: "ALREADY_EXISTS",
  412: "FAILED_PRECONDITION",
  429: "RESOURCE_EXHAUSTED",
};

const reasons: Readonly<Record<number, string>> = {
  400: "invalid",
  401: "authError",
  403: "forbidden",
  404: "notFound",
  405: "notImplemented",
  409: "conflict",
  412: "conditionNotMet",
  429: "rateLimitExceeded",
};
