import { describe, expect, it } from "vitest";
import { awaitRelease, parseReport } from "../../../components/gcp/releaseReport.ts";

/** What a VM says at one look after the other; the last for ever. */
function says(...texts: (string | Error)[]) {
  const told: string[] = [];
  const all = [...texts];
  const read = async () => {
    const text = all.length > 1 ? all.shift() : all[0];
    if (text instanceof Error) throw text;
    return text as string;
  };
  const outcome = awaitRelease(
    "abc1",
    read,
    120,
    (stage) => told.push(stage),
    async () => {},
  );
  return outcome.then((failure) => ({ failure, told }));
}

describe("awaitRelease", () => {
  it("waits over silence, the release before, and the stages", async () => {
    const { failure, told } = await says(
      new Error("404: guestAttributes not found"),
      "ffff released 1\n",
      "abc1 working 1\npulling the image of web",
      "abc1 working 1\nstarting web",
      "abc1 released 1\n",
    );
    expect(failure).toBeUndefined();
    expect(told).toEqual(["pulling the image of web", "starting web"]);
  });

  it("gives the reason with the log, at once where another try would fail again", async () => {
    const text = 'service "web" (container retrofit-web-abc1) exited with code 7.\nThe last it printed:\n    boom';
    const { failure } = await says(`abc1 failed 1\n${text}\n`, "abc1 released 2\n");
    expect(failure).toBe(text);
  });

  it("gives the VM time to try again what lies outside the release", async () => {
    const denied = "abc1 retrying 1\nthe secret projects/p/secrets/s/versions/1 cannot be read: 403";
    expect(
      (await says(denied, denied, "abc1 working 2\nmaking the containers", "abc1 released 2\n")).failure,
    ).toBeUndefined();
    expect((await says(denied)).failure).toBe("the secret projects/p/secrets/s/versions/1 cannot be read: 403");
  });

  it("says what it last knew when time is up", async () => {
    expect((await says(new Error("403: permission denied"))).failure).toBe(
      "the VM did not come up with it within 120 s. Its reports cannot be read: 403: permission denied",
    );
    expect((await says("abc1 working 1\nstarting db")).failure).toBe(
      "the VM did not come up with it within 120 s. It was at: starting db",
    );
  });
});

it("takes no other text for a report", () => {
  expect(parseReport("")).toBeUndefined();
  expect(parseReport("abc1 done 1\n")).toBeUndefined();
});
