import * as pulumi from "@pulumi/pulumi";
import { cli } from "../userError.ts";
import type { ConfigReader } from "./reader.ts";

/** What the gcp target alone is configured by. */
export interface GcpConfig {
  /** Id of the project: the provider's own `gcp:project`. */
  readonly project: string;
  /** Zone of the VM: the provider's own `gcp:zone`. */
  readonly zone: string;
  readonly vm: {
    readonly machineType?: string;
    readonly osImage?: string;
    /** GB. */
    readonly bootDiskSize: number;
    readonly bootDiskType?: string;
    readonly networkTier: "STANDARD" | "PREMIUM";
  };
  readonly dataDisk: {
    /** GB. */
    readonly size: number;
    readonly type?: string;
    readonly snapshotDays: number;
  };
  readonly buckets: {
    readonly location?: string;
    readonly restorableDays: number;
    readonly hierarchical: boolean;
  };
  /** The app may use every bucket of the project. */
  readonly allBuckets: boolean;
  /** SSH through identity-aware proxy. */
  readonly ssh: boolean;
  /** The repository of the images was made by somebody else. */
  readonly existingRegistry: boolean;
}

export function readGcp(reader: ConfigReader): GcpConfig {
  const provider = new pulumi.Config("gcp");
  const project = provider.get("project") ?? "";
  if (project === "") {
    reader.wrongProviderKey("gcp:project", "no project is named", `Set it: ${cli} config set gcp:project PROJECT`);
  } else if (!/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project)) {
    reader.wrongProviderKey(
      "gcp:project",
      `"${project}" is not the id of a project`,
      "Give the id, which is 6 to 30 lower-case letters, digits and hyphens; gcloud projects list shows it",
    );
  }
  return {
    project,
    // The tutorial's. Whether it is one the component checks.
    zone: provider.get("zone") || "us-east1-b",
    vm: {
      machineType: reader.text("machineType"),
      osImage: reader.text("osImage"),
      bootDiskSize: reader.wholeNumber("bootDiskSize", "GB", 10, 10),
      bootDiskType: reader.text("bootDiskType"),
      networkTier: reader.choice("networkTier", ["STANDARD", "PREMIUM"]),
    },
    dataDisk: {
      size: reader.wholeNumber("dataDiskSize", "GB", 10, 10),
      type: reader.text("dataDiskType"),
      snapshotDays: reader.wholeNumber("snapshotDays", "days", 14),
    },
    buckets: {
      location: reader.text("bucketLocation"),
      restorableDays: reader.wholeNumber("restorableDays", "days", 30),
      hierarchical: reader.flag("hierarchicalBuckets"),
    },
    allBuckets: reader.flag("allBuckets"),
    ssh: reader.flag("ssh"),
    existingRegistry: reader.flag("existingRegistry"),
  };
}
