import { type Problem, UserError } from "../userError.ts";
import type { Finding } from "./model.ts";
import { type Path, showPath } from "./path.ts";
import { showPlaceholders } from "./secretText.ts";

/** Finds fields in what the user wrote. */
export interface Places {
  /** `compose.yaml:12`. */
  where(path: Path): string;
  /** Whether the user wrote the field; otherwise Compose derived it. */
  has(path: Path): boolean;
}

/** Collects what is to be said about a compose file, each with its place. */
export class Report {
  readonly problems: Problem[] = [];
  readonly warnings: Finding[] = [];
  private readonly places: Places;

  constructor(places: Places) {
    this.places = places;
  }

  /** Whether the user wrote the field; otherwise Compose derived it. */
  written(path: Path): boolean {
    return this.places.has(path);
  }

  /** `what` follows the field's path: "is not an absolute path". */
  problem(path: Path, what: string, mend: string): void {
    this.add({ where: this.places.where(path), what: `${showPath(path)} ${what}`, mend });
  }

  add({ where, what, mend }: Problem): void {
    this.problems.push({ where, what: showPlaceholders(what), mend: showPlaceholders(mend) });
  }

  warn(path: Path, reason: string): void {
    this.warnings.push({ where: this.places.where(path), field: showPath(path), reason });
  }

  /** @throws UserError with all problems, in the order of the file. */
  throwProblems(): void {
    if (this.problems.length > 0) throw new UserError(inOrder(this.problems));
  }

  sortedWarnings(): Finding[] {
    return inOrder(this.warnings);
  }
}

function inOrder<T extends { readonly where: string }>(items: readonly T[]): T[] {
  const line = ({ where }: T) => Number(/:(\d+)$/.exec(where)?.[1] ?? 0);
  return items.toSorted((a, b) => line(a) - line(b));
}
