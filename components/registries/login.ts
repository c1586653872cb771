import * as pulumi from "@pulumi/pulumi";
import { cli, type Problem, UserError } from "../../userError.ts";
import { resolved } from "../resolved.ts";
import { dockerHubHost } from "./location.ts";
import { checkLogin } from "./loginCheck.ts";
import type { Login, RegistryCredentials } from "./registry.ts";

/**
 * Ask the registry before anything is built, since a builder's own words for a wrong password name neither user nor
 * mend. A registry that cannot be asked is only warned of: a release that pushes nothing does not need it.
 *
 * @param file the stack's configuration
 * @throws UserError when the registry refuses the login
 */
export async function proveLogin(host: string, login: Login | undefined, file: string): Promise<void> {
  const verdict = await verdictOn(host, login);
  if (verdict.kind === "unknown") {
    await pulumi.log.warn(
      `The registry ${host} cannot be reached: ${verdict.reason}. ` +
        "Start it, or set retrofit:registry to another, if an image has to be pushed or pulled.",
    );
  }
  if (verdict.kind !== "refused") return;
  const command = `${cli} config set --secret retrofit:registryPassword`;
  throw new UserError([refused(`${file}: retrofit:registryPassword`, host, login?.username, command)]);
}

/**
 * Ask the registries of further logins. One that cannot be asked from here may yet answer whoever is to pull from it.
 *
 * @param file the stack's configuration
 * @throws UserError with all that are refused
 */
export async function proveLogins(logins: readonly RegistryCredentials[], file: string): Promise<void> {
  const verdicts = await Promise.all(logins.map((login) => verdictOn(login.address, login)));
  const problems = logins
    .filter((_, index) => verdicts[index]?.kind === "refused")
    .map(({ address, username }) => {
      const key = `retrofit:logins["${address}"].password`;
      return refused(`${file}: ${key}`, address, username, `${cli} config set --path --secret '${key}'`);
    });
  if (problems.length > 0) throw new UserError(problems);
}

async function verdictOn(host: string, login: Pick<RegistryCredentials, "username" | "password"> | undefined) {
  return checkLogin(
    host,
    login && { username: login.username, password: await resolved(pulumi.output(login.password)) },
  );
}

function refused(where: string, host: string, username: string | undefined, command: string): Problem {
  const kind = host === dockerHubHost ? "password or access token" : "password";
  return {
    where,
    what: `${host} refuses the user ${username} with this ${kind}`,
    mend: `Set the right one: ${command}`,
  };
}
