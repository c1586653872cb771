import type { App } from "../../compose/model.ts";
import { type Problem, UserError } from "../../userError.ts";
import { namedBuckets } from "../bucketReferences.ts";
import { openPorts } from "../openPorts.ts";
import { bindsOf, bindVolume, type CarriedBinds, readBinds } from "./carriedBinds.ts";
import { type ContainerVmArgs, checkedVm } from "./containerVm.ts";
import { checkedFirewall } from "./webFirewall.ts";

/** What the binds of a sound app become. @throws UserError with everything that is wrong, before anything is made */
export function checkedBinds(
  name: string,
  args: { readonly app: App; readonly zone: string; readonly vm?: Partial<ContainerVmArgs> },
): CarriedBinds {
  const problems: Problem[] = [];
  const attempt = <T>(check: () => T): T | undefined => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const binds = attempt(() => readBinds(args.app));
  attempt(() => checkedVm(name, { ...args.vm, zone: args.zone }));
  attempt(() => checkedFirewall(`${args.app.file}: services`, { ports: openPorts(args.app) }));
  const names = new Map<string, string>();
  for (const { mount } of bindsOf(args.app)) {
    const volume = bindVolume(args.app, mount.source);
    const other = names.get(volume);
    if (other !== undefined && other !== mount.source) {
      problems.push({
        where: args.app.file,
        what: `${other} and ${mount.source} would be one volume`,
        mend: "Rename one of the two",
      });
    }
    names.set(volume, mount.source);
  }
  for (const bucket of namedBuckets(args.app)) {
    if ((args.app.volumes.get(bucket)?.storage ?? "bucket") === "bucket") continue;
    problems.push({
      where: `${args.app.file}: volumes.${bucket}`,
      what: `an environment variable asks for \${bucket.${bucket}}, and this volume is no bucket`,
      mend: `Set retrofit:volumes.${bucket}.storage to bucket, or name another`,
    });
  }
  if (problems.length > 0) throw new UserError(problems);
  return binds as CarriedBinds;
}
