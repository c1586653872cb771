import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { ReleaseError, tell } from "../../../components/releaseError.ts";
import { resolved } from "../../../components/resolved.ts";
import { secretValues } from "../../../components/text.ts";
import { placeholder, toText } from "../../../compose/secretText.ts";
import { app, secretsOf, service } from "../../support/app.ts";

beforeEach(() =>
  pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "retrofit", "test"),
);

const known = { PW: "hunter2-from-sops", PORT: "80", EMPTY: "" };
const text = (value: string) => toText(value, known);
const shop = {
  ...app([
    service("web", {
      environment: {
        DATABASE_URL: text(`postgres://app:${placeholder("PW")}@db/shop`),
        QUEUE_URL: text(`amqp://${placeholder("QUEUE")}:${placeholder("EMPTY")}@queue/`),
        PORT: text(placeholder("PORT")),
        MODE: { secret: ["yes"] },
        PUBLIC: "hello",
      },
    }),
  ]),
  secretValues: Object.values(known),
};

describe("secretValues", () => {
  it("are values that are put together, and those that they are put together from, the longest first", async () => {
    expect(await resolved(secretValues(shop, secretsOf({ QUEUE: "qu3ue", UNUSED: "" })))).toEqual([
      "postgres://app:hunter2-from-sops@db/shop",
      "amqp://qu3ue:@queue/",
      "hunter2-from-sops",
      "qu3ue",
    ]);
  });

  it("are hidden in what a container printed, and nothing else is", async () => {
    const hidden = await resolved(secretValues(shop, secretsOf({ QUEUE: "qu3ue" })));
    const printed = [
      "cannot connect to postgres://app:hunter2-from-sops@db/shop",
      "user app, password hunter2-from-sops",
      "amqp://qu3ue@queue/ says yes: hello on port 80",
    ].join("\n");
    expect(tell(new ReleaseError("web ended", printed), hidden)).toBe(`web ended
The last it printed:
    cannot connect to [secret]
    user app, password [secret]
    amqp://[secret]@queue/ says yes: hello on port 80`);
  });
});
