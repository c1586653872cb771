import type { Raw } from "./canonical.ts";
import type { Extension, Text } from "./model.ts";
import type { Report } from "./report.ts";

/** Where an app is deployed to. */
export type Target = "docker" | "gcp" | "aws";

/** What runs the containers of the target aws. */
export type LaunchType = "fargate" | "ec2";

/** What a file on the host is. */
export type FileKind = "file" | "folder" | "other" | "absent";

/** What every part of the reader needs beside its own piece of the file. */
export interface Reading {
  readonly target: Target;
  /** For the target aws. @default "fargate" */
  readonly launchType?: LaunchType;
  readonly raw: Raw;
  readonly report: Report;
  readonly extension: Extension;
  /** What the host has at an absolute path. */
  readonly kindOf: (path: string) => FileKind;
  /** Values of secret variables that are known here; the others are supplied later by name. */
  readonly known: Readonly<Record<string, string>>;
  /** Variables of the `.env` file, where passwords lie: what takes its value from them is secret. */
  readonly privateNames: ReadonlySet<string>;
  /** Contents of compose secrets and configs by `secrets.<name>` or `configs.<name>`; undefined where it has been reported that there is none. */
  readonly contents: ReadonlyMap<string, Text>;
}
