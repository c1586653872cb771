import type { Answers } from "../../daemon/server.ts";
import type { Cloud } from "../cloud.ts";
import { KindHandler } from "../resources/handler.ts";
import type { Place } from "../resources/kind.ts";
import { kinds } from "../resources/kinds.ts";
import { control } from "./control.ts";

/** What the embedded cloud answers its daemon's callers. */
export function answers(cloud: Cloud, stop: () => void): Answers<Place> {
  return {
    handler(type, place) {
      const kind = kinds.find((each) => each.type === type);
      if (kind === undefined) throw new Error(`the embedded cloud has no ${type}`);
      return new KindHandler(kind, cloud, place);
    },
    async function(token) {
      throw new Error(`the embedded cloud has no function ${token}`);
    },
    commands: control(cloud, stop),
  };
}
