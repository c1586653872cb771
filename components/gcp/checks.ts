import type { App } from "../../compose/model.ts";
import { type Problem, UserError } from "../../userError.ts";
import { namedBuckets } from "../bucketReferences.ts";
import { type CarriedBinds, readBinds, secretFilesOf, sharedNames } from "../carriedBinds.ts";
import { openPorts } from "../openPorts.ts";
import { type ContainerVmArgs, checkedVm } from "./containerVm.ts";
import { checkedFirewall } from "./webFirewall.ts";

/** Bytes that a secret of Secret Manager holds at most. */
const largestSecret = 65_536;

/** What the binds of a sound app become. @throws UserError with everything that is wrong, before anything is made */
export function checkedBinds(
  name: string,
  args: { readonly app: App; readonly zone: string; readonly vm?: Partial<ContainerVmArgs> },
): CarriedBinds {
  const problems: Problem[] = [];
  const attempt = (check: () => unknown): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
    }
  };
  const binds = readBinds(args.app);
  problems.push(...sharedNames(args.app, binds));
  for (const [where, { content }] of secretFilesOf(binds)) {
    if (content.length > largestSecret) {
      problems.push({
        where,
        what: "it looks like a secret, and is longer than the 64 KiB that Secret Manager keeps",
        mend: "Make it readable for others if it is none, or leave the mount out",
      });
    }
  }
  attempt(() => checkedVm(name, { ...args.vm, zone: args.zone }));
  attempt(() => checkedFirewall(`${args.app.file}: services`, { ports: openPorts(args.app) }));
  for (const bucket of namedBuckets(args.app)) {
    if ((args.app.volumes.get(bucket)?.storage ?? "bucket") === "bucket") continue;
    problems.push({
      where: `${args.app.file}: volumes.${bucket}`,
      what: `an environment variable asks for \${bucket.${bucket}}, and this volume is no bucket`,
      mend: `Set retrofit:volumes.${bucket}.storage to bucket, or name another`,
    });
  }
  if (problems.length > 0) throw new UserError(problems);
  return binds;
}
