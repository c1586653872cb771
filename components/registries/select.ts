import type { App } from "../../compose/model.ts";
import { localRegistry } from "./local.ts";
import type { RegistryLocation } from "./location.ts";
import type { Login, Registry } from "./registry.ts";
import { flatNames } from "./repositoryName.ts";
import { sharedRegistry } from "./shared.ts";

/** The registry at a location, for the images of one app's stack. */
export function registryAt({ host, path }: RegistryLocation, app: App, stack: string, login?: Login): Registry {
  if (path === "") return localRegistry(host, `${app.name}-${stack}`, login);
  return sharedRegistry(`${host}/${path}`, flatNames(app), login);
}
