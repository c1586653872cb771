import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../../components/gcp/machine");
const scripts = ["watch", "deploy", "container", ...readdirSync(join(folder, "lib")).map((name) => `lib/${name}`)];

/** Commands beside bash's own: Container-Optimized OS has no package manager, so what is there is all there is. */
const allowed = new Set(
  `base64 blkid cat chmod chown cp curl docker docker-credential-gcr fsck.ext4 iptables mkdir mkfs.ext4 mount mv resize2fs rm
   sleep systemctl tar umount /bin/bash`.split(/\s+/),
);
const builtins = new Set(
  "break case cd continue declare do done echo elif else esac exit export fi for function if in let local mapfile printf read return set shift then until wait while : [[ ]] { } !".split(
    " ",
  ),
);

/** The words at the beginning of commands, as bash itself lays a script out. */
function commandsOf(script: string): Set<string> {
  const source = readFileSync(join(folder, script), "utf8");
  const wrapped = `all() {\n${source}\n}\ndeclare -f all`;
  const laidOut = execFileSync("bash", ["-c", wrapped], { encoding: "utf8" });
  const code = laidOut
    .replaceAll(/\{\{.*?\}\}/g, "")
    .replaceAll(/^.*[^(]\)$/gm, (line) => (/^[\s\w|*]+\)$/.test(line) ? "" : line)) // labels of a case
    .replaceAll(/\$'(\\.|[^'\\])*'/g, "S")
    .replaceAll(/'[^']*'/g, "S")
    .replaceAll(/\$\{[^{}]*\}/g, "V")
    .replaceAll(/\$\(\(.*?\)\)/g, "N")
    .replaceAll(/\[\[.*?\]\]/gs, "T")
    .replaceAll(/\(\(.*?\)\)/gs, "T");
  const starts = code.matchAll(
    /(?:^|\$\(|<\(|&&|\|\||[;|{!]|\b(?:if|then|else|elif|do|while|until)\b)[ \t]*([A-Za-z/_.][\w./-]*)(?=[\s;)]|$)/gm,
  );
  return new Set([...starts].map(([, command]) => command as string));
}

it("uses no command that Container-Optimized OS may lack", () => {
  const functions = new Set(
    scripts.flatMap((script) =>
      [...readFileSync(join(folder, script), "utf8").matchAll(/^(\w+)\(\) \{/gm)].map(([, name]) => name),
    ),
  );
  const found = new Set(scripts.flatMap((script) => [...commandsOf(script)]));
  // The check would be worth nothing if it saw no commands.
  for (const used of ["curl", "docker", "iptables", "systemctl", "tar", "blkid", "umount"])
    expect(found).toContain(used);
  const unknown = [...found].filter(
    (command) => !allowed.has(command) && !builtins.has(command) && !functions.has(command),
  );
  expect(unknown.filter((word) => !/^(S|T|N|V|all)$/.test(word))).toEqual([]);
});

it.each(scripts)("%s is sound bash", (script) => {
  execFileSync("bash", ["-n", join(folder, script)]);
});

it.each(["plain", 'a"b\\c', "two\nlines\tand\r", "\u0001\u001f", "ü & $x `y` \\u0041 ends\n"])(
  "writes %j as JSON",
  (text) => {
    const source = readFileSync(join(folder, "lib/secrets"), "utf8");
    const script = `LC_ALL=C\n${source}\njson_escape "$1"; printf '"%s"' "$escaped"`;
    expect(JSON.parse(execFileSync("bash", ["-c", script, "bash", text], { encoding: "utf8" }))).toBe(text);
  },
);

const passwd = "root:x:0:0::/root:/bin/sh\nnginx:x:101:102::/:/bin/false\nweb:x:1000:1001::/:/bin/false\n";
const group = "root:x:0:\nmedia:x:2000:web\n";

it.each([
  ["web", "", "1000 1001"],
  ["web", "media", "1000 2000"],
  ["web", "7", "1000 7"],
  ["1000", "", "1000 1001"],
  ["5", "", "5 0"],
  ["5", "media", "5 2000"],
  ["nobody", "", "unknown"],
  ["web", "nobodies", "unknown"],
])("takes the user %j of the group %j for %s", (user, of, ids) => {
  const source = readFileSync(join(folder, "lib/bucket"), "utf8");
  const script = `${source}\nif known_ids "$@"; then echo "$uid $gid"; else echo unknown; fi`;
  const args = ["-c", script, "bash", user, of, passwd, group];
  expect(execFileSync("bash", args, { encoding: "utf8" }).trim()).toBe(ids);
});

it("pulls images at the same time, each once, and says which cannot be pulled, and why", () => {
  const source = ["report", "secrets", "prepare"].map((part) => readFileSync(join(folder, "lib", part), "utf8"));
  const release = mkdtempSync(join(tmpdir(), "release-"));
  const images = { db: "postgres", web: "shop", worker: "shop", there: "present", lost: "nowhere" };
  for (const [name, image] of Object.entries(images)) {
    mkdirSync(join(release, "services", name), { recursive: true });
    writeFileSync(join(release, "services", name, "image"), `${image}\n`);
  }
  const script = `${source.join("\n")}
    release=$1 run=$1 order=(${Object.keys(images).join(" ")}) failure= transient=no
    stage() { echo "$1"; }
    sleep() { :; }
    docker() {
      case $1-\${@: -1} in
        image-*) [[ $3 == present ]] ;;
        pull-nowhere) echo "no such thing" && false ;;
        # Each waits until the other has begun.
        pull-*) : >"$run/$3.begun"; until [[ -e $run/postgres.begun && -e $run/shop.begun ]]; do command sleep 0.01; done; echo $3 >>"$run/pulled" ;;
      esac
    }
    pull_images; echo "$?: $failure"; cat "$run/pulled"`;
  try {
    const said = execFileSync("bash", ["-c", script, "bash", release], { encoding: "utf8", timeout: 50_000 });
    const [stage, outcome, ...pulled] = said.trim().split("\n");
    expect(stage).toBe("pulling images: db, web, lost");
    expect(outcome).toBe('1: the image of service "lost" cannot be pulled: no such thing');
    expect(pulled.sort()).toEqual(["postgres", "shop"]);
  } finally {
    rmSync(release, { recursive: true });
  }
});

const ended = { state: "exited 0 false none 2026-01-01T00:00:00Z ", unit: "Restart=no\n", ports: "" };

it.each<[string, Partial<typeof ended>, string]>([
  ["came to its end and serves nothing", {}, "0"],
  ["came to its end with an error", { state: "exited 1 false none 2026-01-01T00:00:00Z " }, "2: exited with code 1"],
  ["came to its end and was to serve a port", { ports: "tcp 80 80 http\n" }, "2: exited with code 0"],
  [
    "came to its end and has a health check",
    { state: "exited 0 false healthy 2026-01-01T00:00:00Z " },
    "2: exited with code 0",
  ],
  ["is to run for ever", { unit: "Restart=always\n" }, "1: it to start"],
])("judges a service that %s", (_, different, expected) => {
  const { state, unit, ports } = { ...ended, ...different };
  const source = ["services", "engine", "verdict"].map((part) => readFileSync(join(folder, "lib", part), "utf8"));
  const release = mkdtempSync(join(tmpdir(), "release-"));
  mkdirSync(join(release, "services/web"), { recursive: true });
  for (const [name, text] of Object.entries({ kind: "beside\n", unit, ports })) {
    writeFileSync(join(release, "services/web", name), text);
  }
  const script = `${source.join("\n")}
    release=$1 run=$1
    docker() { echo "$2"; }
    systemctl() { case $3 in ActiveState) echo inactive ;; NRestarts) echo 0 ;; esac; }
    in_container() { echo "$STATE"; }
    verdict web released && echo 0 || echo "$?: $reason"`;
  try {
    const env = { ...process.env, STATE: state };
    const said = execFileSync("bash", ["-c", script, "bash", release], { encoding: "utf8", env });
    expect(said.trim()).toBe(expected);
  } finally {
    rmSync(release, { recursive: true });
  }
});
