import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import { AwsApp } from "../support/awsApp.ts";

// The load is real, as is what is measured of it; only auto scaling's minutes are 5 seconds.
describe("the number of a service's tasks on Fargate", () => {
  let app: AwsApp;
  let http: string;

  beforeAll(async () => {
    app = await AwsApp.prepare("hello-world");
    await app.up();
    http = await app.http();
  });
  afterAll(() => app?.remove());

  it("is three and one again as it is configured, without a failed request", async () => {
    const load = new Load(http, 2);
    for (const min of [3, 1]) {
      await app.configure({ scaling: { web: { min } } });
      await app.up();
      await app.running("web", min);
    }
    await load.stop();
    expect(load.requests).toBeGreaterThan(20);
    expect(load.failures).toEqual([]);
  });

  it("follows the requests that the load balancer counts, and no update or refresh goes against it", async () => {
    await follow({ max: 3, requests: 120 }, async () => {
      const { ok, messages, steps } = await app.stack.preview("--refresh");
      expect(ok, messages).toBe(true);
      expect(steps.filter((step) => !step.startsWith("refresh"))).toEqual([]);
      expect(await app.up()).toMatchObject({ steps: [] });
    });
  });

  // A twentieth of a processor: what the load makes of it even where others keep the machine busy, and the trickle does not.
  it("follows the CPU that its tasks use", () => follow({ max: 2, cpu: 10 }));

  /** Goes from one task to `max` and back, without a failed request. @param busy what is done while there are so many */
  async function follow(scaling: { max: number; [metric: string]: number }, busy = async () => {}): Promise<void> {
    await app.configure({ scaling: { web: scaling } });
    await app.up();
    await app.cloud("hurry", "12");
    await app.running("web", 1);
    const load = new Load(http, 2);
    await app.running("web", scaling.max);
    await busy();
    await app.running("web", scaling.max);
    await load.stop();
    const trickle = new Load(http, 1, 500);
    await app.running("web");
    await trickle.stop();
    expect(load.requests).toBeGreaterThan(20);
    expect(trickle.requests).toBeGreaterThan(0);
    expect([...load.failures, ...trickle.failures]).toEqual([]);
  }
});
