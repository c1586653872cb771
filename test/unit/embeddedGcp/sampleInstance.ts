import type { PlainMap } from "../../../embedded/core/value.ts";

const place = "https://www.googleapis.com/compute/v1/projects/p";

/** Outputs of an instance, as the provider gives them. */
export const instanceOutputs: PlainMap = {
  name: "web",
  instanceId: "1234567890123456789",
  machineType: "e2-small",
  metadata: { release: "one", "enable-guest-attributes": "TRUE" },
  tags: ["http-server"],
  serviceAccount: {
    email: "app@p.iam.gserviceaccount.com",
    scopes: ["https://www.googleapis.com/auth/cloud-platform"],
  },
  bootDisk: { source: `${place}/zones/us-east1-b/disks/web`, deviceName: "persistent-disk-0" },
  attachedDisks: [{ source: `${place}/zones/us-east1-b/disks/d`, deviceName: "data", mode: "READ_WRITE" }],
  networkInterfaces: [
    {
      network: `${place}/global/networks/default`,
      subnetwork: `${place}/regions/us-east1/subnetworks/default`,
      networkIp: "10.20.0.2",
      accessConfigs: [{ natIp: "10.250.1.128" }],
    },
  ],
};
