import { metadataAddress } from "../dns.ts";
import type { Instance } from "./instance.ts";

/** Where the hypervisor's part lies in the machine. */
const own = "/usr/libexec/machine";

/** What a machine is given when it is switched on. */
export interface Power {
  readonly instance: Instance;
  /** Length of the subnetwork's prefix: 20. */
  readonly prefix: number;
  /** Ranges of the network's other subnetworks, which are on the same bridge. */
  readonly neighbours: readonly string[];
  /** Scripts for nft. */
  readonly rules: readonly string[];
  /** Certificate of the authority that the cloud's services are signed by, in PEM. */
  readonly authority: string;
  readonly disks: readonly Plug[];
}

/** A disk that is attached. */
export interface Plug {
  /** Its file in the folder of disks. */
  readonly file: string;
  readonly deviceName: string;
  /** Position among the disks; the boot disk's is 0. */
  readonly index: number;
  readonly readOnly: boolean;
}

/** The script that gives a machine network, services and disks, and lets its firmware go on. */
export function powerScript({ instance, prefix, neighbours, rules, authority, disks }: Power): string {
  const { name, hostname, internal, external, project, zone } = instance;
  return `set -eu
until [ -p /run/machine/power ]; do sleep 0.05; done
${own}/nft flush ruleset # Docker's own, for a name server that the guest does not use
${rules.map(rulesScript).join("")}ip addr replace ${internal}/${prefix} dev eth0
${neighbours.map((range) => `ip route replace ${range} dev eth0 src ${internal}\n`).join("")}${external ? externalScript(external) : ""}cat > /etc/resolv.conf <<'END'
search ${zone}.c.${project}.internal c.${project}.internal google.internal
nameserver ${metadataAddress}
END
cat > /etc/hosts <<'END'
127.0.0.1 localhost
${internal} ${hostname} ${name}
${metadataAddress} metadata.google.internal metadata
END
cat > /run/machine/authority.pem <<'END'
${authority.trim()}
END
cat /run/machine/authority.pem >> /etc/ssl/certs/ca-certificates.crt
mkdir -p /dev/disk/by-id
${disks.map(plugScript).join("")}echo ${name} > /run/machine/power
`;
}

/** Gives a running machine its address to the world, and says so to who has known it elsewhere. */
export function externalScript(address: string): string {
  return `ip addr replace ${address}/32 dev eth0\n${own}/arping -q -A -c 1 -I eth0 ${address} || true\n`;
}

/** Takes it away. */
export function withoutExternalScript(address: string): string {
  return `ip addr del ${address}/32 dev eth0 || true\n`;
}

/** Replaces rules in a running machine. */
export function rulesScript(rules: string): string {
  return `${own}/nft -f - <<'END'\n${rules}END\n`;
}

/**
 * Attaches a disk: a block device of its own over the disk's file. A process that holds the device open keeps the kernel
 * from giving it up; with the machine it ends, and so does the device.
 */
export function plugScript({ file, deviceName, index, readOnly }: Plug): string {
  const device = deviceOf(index);
  return `[ -e /dev/loop-control ] || mknod -m 600 /dev/loop-control c 10 237
for try in 1 2 3 4 5 6 7 8 9 last; do
  loop=$(losetup --find) && loop=\${loop%% *} # it says so where the device has no node here
  [ -e "$loop" ] || mknod -m 600 "$loop" b 7 "\${loop#/dev/loop}"
  losetup ${readOnly ? "--read-only " : ""}"$loop" '${own}/disks/${file}' && break # another machine may have been faster
  [ $try != last ]
done
rm -f ${device} && mknod -m 660 ${device} b 7 "\${loop#/dev/loop}"
setsid bash -c 'exec -a ${holderOf(deviceName)} sleep infinity' < ${device} > /dev/null 2>&1 &
until [ "$(readlink /proc/$!/fd/0)" = ${device} ]; do sleep 0.01; done
losetup -d "$loop"
mkdir -p /dev/disk/by-id
for name in ${linksOf(deviceName)}; do ln -sf ../..${device.slice(4)} /dev/disk/by-id/$name; done
`;
}

/** Detaches it. A guest that still has it mounted keeps it until it unmounts. */
export function unplugScript({ deviceName, index }: Pick<Plug, "deviceName" | "index">): string {
  return `pkill -f '^${holderOf(deviceName)} ' || true
for name in ${linksOf(deviceName)}; do rm -f /dev/disk/by-id/$name; done
rm -f ${deviceOf(index)}
`;
}

/** Lets the guest see that a disk has grown. */
export function growScript({ index }: Pick<Plug, "index">): string {
  return `losetup --set-capacity ${deviceOf(index)}\n`;
}

function holderOf(deviceName: string): string {
  return `disk-${deviceName}`;
}

function deviceOf(index: number): string {
  return `/dev/sd${String.fromCharCode("a".charCodeAt(0) + index)}`;
}

/** As Google's udev rules name them: https://cloud.google.com/compute/docs/disks/disk-symlinks. */
function linksOf(deviceName: string): string {
  return `google-${deviceName} scsi-0Google_PersistentDisk_${deviceName}`;
}

/** Whether the cloud's services can be reached from the machine: a firewall lets nothing connect, a busy machine answers late. */
export const reachScript = `curl -sf --connect-timeout 5 -m 60 -o /dev/null http://${metadataAddress}/`;
