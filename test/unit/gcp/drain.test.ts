import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../../components/gcp/machine/lib");

/** Lines of /proc/net/tcp and tcp6 as the kernel writes them, of a server on port 8080. */
const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const socket = (local: string, state: string) =>
  `   0: ${local} 0100A8C0:D2F0 ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0`;
const listening = socket("00000000:1F90", "0A");
const ofClient = socket("020012AC:1F90", "01");
const mapped = "0000000000000000FFFF0000";

/**
 * Waits for connections of the release before to end.
 * @param sockets of its container @param kept whether that container stays @param until seconds after which they are gone
 * @returns seconds that it took
 */
function drained(sockets: readonly string[], { kept = false, until = 1000 } = {}): number {
  const release = mkdtempSync(join(tmpdir(), "release-"));
  const source = ["services", "finish"].map((part) => readFileSync(join(folder, part), "utf8"));
  const files = { web: { kind: "beside", ports: "tcp 80 8080 http\n" }, worker: { kind: "beside", ports: "" } };
  for (const [service, named] of Object.entries(files)) {
    mkdirSync(join(release, "services", service), { recursive: true });
    for (const [name, text] of Object.entries(named)) writeFileSync(join(release, "services", service, name), text);
  }
  // Time passes by the waiting alone.
  const script = `${source.join("\n")}
    unset SECONDS # or it goes on by itself
    before=$1 SECONDS=0 slept=0 kept=retrofit-web-next
    if [[ $KEPT == true ]]; then kept=$(instance_of web "$before"); fi
    in_container() { if [[ $2 == "$(instance_of web "$before")" ]]; then echo 42; fi; }
    sleep() { SECONDS=$((SECONDS + $1)) slept=$((slept + $1)); }
    cat() { if [[ "$*" == '/proc/42/net/tcp /proc/42/net/tcp6' && $slept -lt $UNTIL ]]; then echo "$SOCKETS"; fi; }
    await_drained " $kept "
    echo "$slept"`;
  try {
    const env = { ...process.env, SOCKETS: [heading, ...sockets].join("\n"), KEPT: `${kept}`, UNTIL: `${until}` };
    return Number(execFileSync("bash", ["-c", script, "bash", release], { encoding: "utf8", env }));
  } finally {
    rmSync(release, { recursive: true });
  }
}

it.each<[string, readonly string[]]>([
  ["nobody", [listening]],
  ["the container itself alone, as by its health check", [listening, socket("0100007F:1F90", "01")]],
  ["the container itself by IPv6", [listening, socket(`${mapped}0100007F:1F90`, "01")]],
  ["the container itself by IPv6's own address", [socket("00000000000000000000000001000000:1F90", "01")]],
  ["somebody to another port", [listening, socket("020012AC:1F91", "01")]],
  ["somebody who has gone", [socket("020012AC:1F90", "06"), socket("020012AC:1F90", "04")]],
])("stops the release before at once where there is connected %s", (_, sockets) => {
  expect(drained(sockets)).toBe(1);
});

it.each<[string, readonly string[]]>([
  ["is connected", [listening, ofClient]],
  ["is connected to a server that speaks IPv6 too", [socket(`${mapped}020012AC:1F90`, "01")]],
  ["is about to be", [listening, socket("020012AC:1F90", "03")]],
  ["awaits the answer to its last request", [listening, socket("020012AC:1F90", "08")]],
])("waits while somebody %s", (_, sockets) => {
  expect(drained(sockets, { until: 4 })).toBe(4);
});

it("waits no longer than 10 s for connections that never end", () => {
  expect(drained([listening, ofClient])).toBe(10);
});

it("waits for nobody who is connected to what stays", () => {
  expect(drained([listening, ofClient], { kept: true })).toBe(1);
});
