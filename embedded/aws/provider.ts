import type { Provider } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import { remoteProvider } from "../daemon/remote.ts";
import { awsClient } from "./client.ts";
import { awsFacts } from "./facts.ts";
import type { Place } from "./resources/kind.ts";

/** The account where the program names none. */
export const defaultAccount = "123456789012";

/**
 * AWS, embedded. What is asked of it is asked of a daemon, which outlives the command.
 * @param folder of the cloud
 */
export function awsProvider(folder: string): Provider {
  return remoteProvider(awsFacts, awsClient(folder), placeOf);
}

/** The account is the first of those allowed; the environment's variables are those of the real provider. */
function placeOf(config: PlainMap): Place {
  const region = (config.region as string | undefined) || process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (!region) throw new Error("Missing region configuration: set aws:region");
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new Error(`Invalid AWS Region: ${region}`);
  const [given = defaultAccount] = (config.allowedAccountIds ?? []) as (string | number)[];
  const account = String(given);
  if (!/^\d{12}$/.test(account))
    throw new Error(`aws:allowedAccountIds: ${account} is no account id: these have 12 digits`);
  if (((config.forbiddenAccountIds ?? []) as (string | number)[]).map(String).includes(account)) {
    throw new Error(`AWS account ID not allowed: ${account}`);
  }
  const tags = ((config.defaultTags as PlainMap | undefined)?.tags ?? {}) as Record<string, string>;
  return { region, account, defaultTags: tags };
}
