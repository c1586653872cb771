import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** A script or other text of the folder machine/, which is carried to the VM. */
export function machineFile(name: string): string {
  return readFileSync(join(import.meta.dirname, "machine", name), "utf8");
}

/**
 * cloud-init's user-data: the script that waits for releases, and its unit. The same for every app and release, because a
 * change reaches a running VM only at its next boot. /etc is a tmpfs there, so cloud-init writes it at every boot.
 */
export function userData(): string {
  const config = {
    write_files: [
      { path: "/etc/retrofit/watch", owner: "root:root", permissions: "0644", content: machineFile("watch") },
      {
        path: "/etc/systemd/system/retrofit.service",
        owner: "root:root",
        permissions: "0644",
        content: machineFile("retrofit.service"),
      },
    ],
    runcmd: ["systemctl daemon-reload", "systemctl start --no-block retrofit.service"],
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}
