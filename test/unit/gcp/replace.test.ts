import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const services = readFileSync(join(import.meta.dirname, "../../../components/gcp/machine/lib/services"), "utf8");

/** What the engine has: name and service of each container. */
const containers = ["retrofit-db-1 db", "retrofit-db-2 db", "retrofit-db-backup-1 db-backup", "retrofit-web-cut web"];

/**
 * Starts the services of release `a`, of which `db` is in place as definition 1.
 * @param before definition of `db` in the release before, where there is one
 * @returns what was stopped, started and attached to the networks of the release before, in order
 */
function started({ before, exist = containers }: { before?: string; exist?: readonly string[] } = {}): string[] {
  const root = mkdtempSync(join(tmpdir(), "replace-"));
  const write = (release: string, service: string, files: Record<string, string>) => {
    const folder = join(root, release, "services", service);
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries({ needs: "", ...files })) writeFileSync(join(folder, name), text);
  };
  write("a", "db", { kind: "inPlace\n", definition: "1\n" });
  write("a", "web", { kind: "beside\n" });
  if (before !== undefined) write("z", "db", { kind: "inPlace\n", definition: `${before}\n` });
  const script = `${services}
    release=$1/a before=${before === undefined ? "" : "$1/z"} order=(db web)
    docker() {
      local name service
      while read -r name service; do
        if [[ " $* " == *" label=retrofit.service=$service "* ]]; then echo "$name"; fi
      done <<<"$EXIST"
    }
    systemctl() { if [[ $1 != reset-failed ]]; then echo "$*"; fi; }
    stage() { :; }
    connect() { echo "connect $1 \${2##*/}"; }
    start_all`;
  try {
    const env = { ...process.env, EXIST: exist.join("\n") };
    return execFileSync("bash", ["-c", script, "bash", root], { encoding: "utf8", env }).trim().split("\n");
  } finally {
    rmSync(root, { recursive: true });
  }
}

const start = ["start retrofit-db-1.service", "start retrofit-web-a.service"];

it("stops what runs in place of a release that was cut off, and nothing that runs beside", () => {
  expect(started()).toEqual(["stop retrofit-db-2.service", ...start]);
  expect(started({ before: "1" })).toEqual(["stop retrofit-db-2.service", ...start]);
});

it("stops what runs in place of the release before, and leaves it what takes its place", () => {
  const replaced = ["stop retrofit-db-2.service", "connect db z"];
  const stops = [...new Set(started({ before: "2" }))];
  expect(stops).toEqual([...replaced, ...start]);
});

it("stops nothing where there is nothing else", () => {
  expect(started({ exist: [] })).toEqual(start);
  expect(started({ exist: ["retrofit-db-1 db"], before: "1" })).toEqual(start);
});
