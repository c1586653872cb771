import * as pulumi from "@pulumi/pulumi";

/** Tell the user on the console, where the CLI shows it while it waits. */
export function teller(resource: pulumi.Resource): (stage: string) => void {
  let told = "";
  return (stage) => {
    if (stage !== told) void pulumi.log.info(stage, resource, undefined, true);
    told = stage;
  };
}
