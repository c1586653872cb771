import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const watch = readFileSync(join(import.meta.dirname, "../../../components/gcp/machine/watch"), "utf8");

/**
 * Watches after a boot with the last good release `a`, while the metadata name `b` for as long as `polls` says.
 * @param exits of each release's deployments, the last for ever @param unpacked whether `b` is at hand; else it is damaged
 * @returns for how long the metadata were waited for, and what was deployed, in order
 */
function watched(exits: { a: readonly number[]; b: readonly number[] }, { polls = 4, unpacked = true } = {}): string[] {
  const root = mkdtempSync(join(tmpdir(), "watch-"));
  for (const [id, codes] of Object.entries(exits)) {
    const folder = join(root, "state/releases", id);
    mkdirSync(folder, { recursive: true });
    const next = `codes=(${codes.join(" ")}); n=$(cat $0.n 2>/dev/null || echo 0); echo $((n + 1)) >$0.n`;
    const deploy = `echo ${id} >>${root}/log; ${next}; exit \${codes[n]:-\${codes[-1]}}`;
    if (id === "a" || unpacked) writeFileSync(join(folder, "deploy"), deploy);
  }
  writeFileSync(join(root, "state/current"), "a\n");
  const source = watch.replace("/var/lib/retrofit", join(root, "state")).replaceAll("/run/retrofit", join(root, "run"));
  expect(source).not.toContain("/run/retrofit/");
  const script = `
    curl() {
      local address=\${@: -1} n
      n=$(cat "$ROOT/n" 2>/dev/null || echo 0)
      if [[ $n -ge $POLLS ]]; then return 22; fi
      echo $((n + 1)) >"$ROOT/n"
      address=\${address#*timeout_sec=}
      echo "\${address%&*}" >>"$ROOT/log"
      echo 'ETag: 1' >"$ROOT/run/headers"
      printf 'b\\nnothing'
    }
    sleep() { exit 0; } # the metadata have come to their end
    ${source}`;
  try {
    const env = { ...process.env, ROOT: root, POLLS: `${polls}` };
    execFileSync("bash", ["-c", script], { env, stdio: ["ignore", "ignore", unpacked ? "inherit" : "ignore"] });
    return readFileSync(join(root, "log"), "utf8").trim().split("\n");
  } finally {
    rmSync(root, { recursive: true });
  }
}

it("tries the last good release again where it could not serve after a boot and what the metadata name has failed", () => {
  expect(watched({ a: [75, 75, 0], b: [1] }).join(" ")).toBe("300 a b 30 a b 30 a b 300");
});

it("tries it again where what the metadata name cannot be unpacked", () => {
  expect(watched({ a: [75, 0], b: [] }, { unpacked: false, polls: 3 }).join(" ")).toBe("300 a 30 a 300");
});

it("lets it be once what the metadata name serves", () => {
  expect(watched({ a: [75], b: [75, 0] }).join(" ")).toBe("300 a b 30 a b 300 300");
});

it("deploys it once after a boot where it serves", () => {
  expect(watched({ a: [0], b: [75, 1] }).join(" ")).toBe("300 a b 30 b 300 300");
});
