import * as pulumi from "@pulumi/pulumi";
import { cli, UserError } from "../../userError.ts";
import { resolved } from "../resolved.ts";
import { dockerHubHost } from "./location.ts";
import { checkLogin } from "./loginCheck.ts";
import type { Login } from "./registry.ts";

/**
 * Ask the registry before anything is built, since a builder's own words for a wrong password name neither user nor
 * mend. A registry that cannot be asked is only warned of: a release that pushes nothing does not need it.
 *
 * @param file the stack's configuration
 * @throws UserError when the registry refuses the login
 */
export async function proveLogin(host: string, login: Login | undefined, file: string): Promise<void> {
  const known = login && { username: login.username, password: await resolved(login.password) };
  const verdict = await checkLogin(host, known);
  if (verdict.kind === "unknown") {
    await pulumi.log.warn(
      `The registry ${host} cannot be reached: ${verdict.reason}. ` +
        "Start it, or set retrofit:registry to another, if an image has to be pushed or pulled.",
    );
  }
  if (verdict.kind !== "refused") return;
  const kind = host === dockerHubHost ? "password or access token" : "password";
  throw new UserError([
    {
      where: `${file}: retrofit:registryPassword`,
      what: `${host} refuses the user ${login?.username} with this ${kind}`,
      mend: `Set the right one: ${cli} config set --secret retrofit:registryPassword`,
    },
  ]);
}
