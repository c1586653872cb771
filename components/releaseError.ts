/** When waiting ends, milliseconds since the epoch; may be brought forward while it lasts. */
export interface Deadline {
  at: number;
}

/** The release did not come up: which service, and why. */
export class ReleaseError extends Error {
  /** What its container printed last; may hold secrets. */
  readonly printed: string | undefined;

  constructor(message: string, printed?: string) {
    super(message);
    this.printed = printed;
  }
}

/** Lines of a container's log that a failure shows. */
export const shownLines = 20;

/** A failure as the user is to see it. @param secrets what must not be shown of what a container printed */
export function tell({ message, printed }: ReleaseError, secrets: readonly string[]): string {
  if (printed === undefined) return message;
  if (printed === "") return `${message}\nIt printed nothing.`;
  const shown = secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "[secret]"), printed);
  return `${message}\nThe last it printed:\n${shown.replace(/^/gm, "    ")}`;
}
