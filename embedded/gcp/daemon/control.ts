import { type Failure, Failures } from "../../daemon/failures.ts";
import type { Commands } from "../../daemon/server.ts";
import type { Cloud } from "../cloud.ts";
import type { Instance } from "../compute/instance.ts";
import { instanceType } from "../compute/instance.ts";
import { bucketType } from "../storage/buckets.ts";

/** What can be done to the cloud from outside of the program, as with the console or with gcloud. */
export function control(cloud: Cloud, stop: () => void): Commands {
  const failures = new Failures(cloud.failuresFile);
  return {
    ping: async () => ({ empty: cloud.isEmpty() }),
    /** Ends the cloud's services; with `machines` these go off first, and on again with the next start. */
    stop: async ([machines]) => {
      if (machines === "machines") await cloud.instances.suspend();
      stop();
    },

    /** All there is: types with their ids, and the instances' status. */
    status: async () => ({
      resources: Object.fromEntries(cloud.store.types().map((type) => [type, cloud.store.all(type).map(([id]) => id)])),
      instances: await Promise.all(
        cloud.instances.all().map(async ({ id, name, external }) => ({
          id,
          name,
          external,
          status: (await cloud.instances.status(id)) ?? "GONE",
          container: cloud.store.machine(id)?.container,
        })),
      ),
    }),

    /** `gcloud compute instances delete`: the instance is gone with its boot disk; its static address stays reserved. */
    kill: async ([name]) => {
      const { id } = one(cloud, name);
      await cloud.instances.remove(id);
      cloud.store.remove(instanceType, id);
      return id;
    },
    /** The machine dies as with its hardware. */
    crash: async ([name]) => cloud.instances.crash(one(cloud, name).id),
    /** `gcloud compute instances stop` and `start`. */
    halt: async ([name]) => cloud.instances.stop(one(cloud, name).id),
    start: async ([name]) => cloud.instances.start(one(cloud, name).id),
    reboot: async ([name]) => {
      await cloud.instances.run(one(cloud, name).id, "systemctl reboot");
    },
    console: async ([name]) => cloud.instances.console(one(cloud, name).id, 1000),

    /** Log entries of some projects, or of all; with `follow` those too that come. */
    logs: async ([follow, ...named], print, signal) => {
      const projects = named.length > 0 ? named : [...new Set(cloud.instances.all().map((each) => each.project))];
      for (const each of projects) for await (const entry of cloud.logging.entries(each)) print(JSON.stringify(entry));
      if (follow !== "follow") return;
      await new Promise<void>((resolve) => {
        const tell = (of: string, lines: readonly unknown[]) => {
          if (named.length === 0 || named.includes(of)) for (const line of lines) print(JSON.stringify(line));
        };
        cloud.logging.written.on("entries", tell);
        signal.addEventListener("abort", () => {
          cloud.logging.written.off("entries", tell);
          resolve();
        });
      });
    },

    /** Where the storage emulator is, which asks for no token: the way of an owner to the objects. */
    emulator: async () => ({ port: cloud.buckets.emulator().port }),
    /** Names of a bucket's objects, or of all buckets'. */
    objects: async ([bucket]) => {
      const buckets = bucket ? [bucket] : cloud.store.all(bucketType).map(([name]) => name);
      const lists = await Promise.all(buckets.map((name) => cloud.buckets.emulator().objects(name)));
      return lists.flat().map(({ bucket: of, name, size, contentType }) => ({ bucket: of, name, size, contentType }));
    },

    /** What is to fail: see `Failure` and `errorOf`. */
    fail: async ([json]) => failures.write([...failures.read(), JSON.parse(json ?? "") as Failure]),
    heal: async () => failures.write([]),
  };
}

/** The instance of that name or id, or the only one. */
function one(cloud: Cloud, name: string | undefined): Instance {
  const all = cloud.instances.all();
  const found = name ? all.filter((each) => each.name === name || each.id === name) : all;
  const [instance] = found;
  if (instance && found.length === 1) return instance;
  const names = all.map((each) => each.name).join(", ") || "none";
  throw new Error(name ? `there is no instance ${name}; there is ${names}` : `name one of the instances: ${names}`);
}
