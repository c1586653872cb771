import type { ImageInspectInfo } from "dockerode";
import type { Call, Observed, ResourceHandler } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import type { Engine } from "./engine.ts";
import { ensureImage, findImage, removeImage, repoDigest } from "./images.ts";

/** An image on the engine, pulled where it is missing. Its id is the image's id followed by its name. */
export class RemoteImageHandler implements ResourceHandler {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async create(inputs: PlainMap, call: Call): Promise<Observed> {
    const name = inputs.name as string;
    return observed(await ensureImage(this.#engine, name, inputs.platform as string | undefined, call), name);
  }

  async read(id: string, inputs: PlainMap | undefined): Promise<Observed | undefined> {
    const name = (inputs?.name as string | undefined) ?? id.replace(/^sha256:[0-9a-f]{64}/, "");
    const image = await findImage(this.#engine, name);
    return image && observed(image, name);
  }

  async importInputs({ id }: Observed): Promise<PlainMap> {
    return { name: id.replace(/^sha256:[0-9a-f]{64}/, "") };
  }

  /** What can change in place says only what to do at the end. */
  async update(_id: string, _olds: PlainMap, news: PlainMap, _outputs: PlainMap, call: Call): Promise<Observed> {
    return this.create(news, call);
  }

  async delete(_id: string, inputs: PlainMap, _outputs: PlainMap, call: Call): Promise<void> {
    if (inputs.keepLocally === true) return;
    const name = inputs.name as string;
    if ((await removeImage(this.#engine, name, inputs.forceRemove === true)) === "in use") {
      call.log(
        "warning",
        `the image ${name} stays on the engine, because a container that is not of this stack uses it`,
      );
    }
  }
}

function observed(image: ImageInspectInfo, name: string): Observed {
  return { id: image.Id + name, outputs: { imageId: image.Id, repoDigest: repoDigest(image, name) } };
}
