import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../../components/gcp/machine/lib");

/** Of each release: the images of its services, and those of the folders that it takes along. */
const releases = {
  good: { images: ["db", "web-1"], folders: ["conf-1"] },
  older: { images: ["db", "web-0"], folders: ["conf-0"] },
  broken: { images: ["db", "web-2", "web-2"], folders: ["conf-1", "conf-2"] },
  next: { images: ["db", "web-3"], folders: ["conf-3"] },
};

/**
 * Runs a command of the deploying script on a machine that has all of the releases.
 * @param id the release that is deployed @param current the last good one
 * @returns images that it removed, and releases and marks of jobs that it left
 */
function leftAfter(command: string, id: string, current: string) {
  const state = mkdtempSync(join(tmpdir(), "state-"));
  for (const [release, { images, folders }] of Object.entries(releases)) {
    for (const [index, image] of images.entries()) {
      const service = join(state, "releases", release, `services/service-${index}`);
      mkdirSync(service, { recursive: true });
      writeFileSync(join(service, "image"), `${image}\n`);
      writeFileSync(join(service, "kind"), "beside\n");
    }
    const lines = folders.map((image) => `volume-of-${image} ${image}\n`).join("");
    writeFileSync(join(state, "releases", release, "folders"), lines);
    writeFileSync(join(state, "releases", release, "done-migrate"), "");
  }
  const source = ["services", "prepare", "finish"].map((part) => readFileSync(join(folder, part), "utf8"));
  const script = `${source.join("\n")}
    state=$1 id=$2 current=$3 release=$1/releases/$2 before= order=(service-0)
    if [[ -n $current && $current != "$id" ]]; then before=$state/releases/$current; fi
    docker() { if [[ $1 == rmi ]]; then echo "$2" >>"$state/removed"; else false; fi; }
    await_drained() { :; }
    ${command}; echo "$?" >"$state/code"`;
  try {
    writeFileSync(join(state, "removed"), "");
    execFileSync("bash", ["-c", script, "bash", state, id, current]);
    expect(readFileSync(join(state, "code"), "utf8")).toBe("0\n");
    const removed = readFileSync(join(state, "removed"), "utf8").trim().split("\n");
    const kept = readdirSync(join(state, "releases"));
    const marked = kept.filter((each) => readdirSync(join(state, "releases", each)).includes("done-migrate"));
    return { removed: [...new Set(removed)].filter(Boolean).sort(), kept: kept.sort(), marked: marked.sort() };
  } finally {
    rmSync(state, { recursive: true });
  }
}

it("makes room for a release before its images are pulled, and leaves what serves", () => {
  const { removed, kept } = leftAfter("make_room", "next", "good");
  expect(kept).toEqual(["good", "next"]);
  expect(removed).toEqual(["conf-0", "conf-2", "web-0", "web-2"]);
});

it("makes room on a machine on which none was released yet", () => {
  const { removed, kept } = leftAfter("make_room", "next", "");
  expect(kept).toEqual(["next"]);
  expect(removed).toEqual(["conf-0", "conf-1", "conf-2", "web-0", "web-1", "web-2"]);
});

it("takes nothing from the others where the last good release is started again", () => {
  const { removed, kept, marked } = leftAfter("make_room", "good", "good");
  expect(removed).toEqual([]);
  expect(kept).toEqual(Object.keys(releases).sort());
  expect(marked).toEqual(kept);
});

it("forgets all but a release and the one before once it serves", () => {
  const { removed, kept } = leftAfter("finish", "next", "good");
  expect(kept).toEqual(["good", "next"]);
  expect(removed).toEqual(["conf-0", "conf-2", "web-0", "web-2"]);
});

it("runs the jobs of the release before again where one goes back to it, and after a reboot none", () => {
  expect(leftAfter("finish", "next", "good").marked).toEqual(["next"]);
  expect(leftAfter("finish", "good", "good").marked).toEqual(["good"]);
});
