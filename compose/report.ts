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
  private readonly places: Places;
  private readonly problems: Problem[] = [];
  /** By field and reason, services aside: what holds for each of ten services is told once. */
  private readonly warnings = new Map<string, { readonly finding: Finding; readonly others: string[] }>();

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
    const key = `${showPath(path.toSpliced(1, 1, "*"))} ${reason}`;
    const known = this.warnings.get(key);
    if (known) {
      const other = String(path[1]);
      if (!known.others.includes(other)) known.others.push(other);
    } else {
      const finding = { where: this.places.where(path), field: showPath(path), reason: showPlaceholders(reason) };
      this.warnings.set(key, { finding, others: [] });
    }
  }

  /** @throws UserError with all problems, in the order of the file. */
  throwProblems(): void {
    if (this.problems.length > 0) throw new UserError(inOrder(this.problems));
  }

  findings(): Finding[] {
    const found = [...this.warnings.values()].map(({ finding, others }) =>
      others.length === 0 ? finding : { ...finding, field: `${finding.field} (and of ${others.sort().join(", ")})` },
    );
    return inOrder(found);
  }
}

/** Things in the order of their lines; what has no line comes first. */
export function inOrder<T extends { readonly where: string }>(items: readonly T[]): T[] {
  const line = ({ where }: T) => Number(/:(\d+)$/.exec(where)?.[1] ?? 0);
  return items.toSorted((a, b) => line(a) - line(b));
}
