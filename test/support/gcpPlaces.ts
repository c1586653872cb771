import type { GcpApp } from "./gcpApp.ts";

/** Where a VM and its cloud could give a secret away, as scripts that print what is there. */
const scripts = {
  metadata:
    "curl -sf -H 'Metadata-Flavor: Google' 'http://metadata.google.internal/computeMetadata/v1/?recursive=true'",
  // With the releases unpacked. The engine's own files have what each container is given; see docs/gcp.md.
  files:
    "find /etc /var /tmp /mnt/disks /run/systemd -path '/var/lib/docker' -prune -o -path '/var/lib/containerd' -prune -o -type f -exec cat {} +",
  containers:
    "docker inspect --format '{{json .Config.Labels}} {{.Name}} {{.Args}} {{json .Mounts}}' $(docker ps --all --quiet)",
  images: "for image in $(docker images --quiet); do docker history --no-trunc $image; done",
  journal: "journalctl --no-pager",
  commands: "cat /proc/[0-9]*/cmdline 2>/dev/null",
};

/** What is told in each of these places, and in the cloud's log and the machine's console. */
export async function toldBy(app: GcpApp): Promise<ReadonlyMap<string, string>> {
  const told = new Map<string, string>();
  for (const [place, script] of Object.entries(scripts)) {
    const text = await app.inside(`{ ${script}; } | tr -d '\\0'`);
    if (text.length < 100) throw new Error(`${place}: nothing to be seen there: ${text}`);
    told.set(place, text);
  }
  for (const command of ["logs", "console"]) told.set(command, await app.cloud(command));
  return told;
}
