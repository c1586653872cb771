import * as pulumi from "@pulumi/pulumi";
import { readApp } from "./compose/read.ts";
import { type Config, readConfig } from "./config.ts";
import { wrongCloud } from "./targets/rightCloud.ts";
import type { Outputs, Target } from "./targets/target.ts";
import { UserError } from "./userError.ts";

// The SDK reads the stack once or more for each promise and resource. Its source maps are for transpiled code, which this is not,
// and take a third of the program's time.
Reflect.deleteProperty(Error, "prepareStackTrace");

// A CLI that was killed reads nothing any more. The SDK would try to report that it cannot report, again and again, and never end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit(1));

async function deploy(): Promise<Outputs> {
  const config = readConfig(import.meta.dirname);
  const embedded = (process.env.RETROFIT_EMBEDDED ?? "").split(",");
  const problem = wrongCloud(config, { embedded, preview: pulumi.runtime.isDryRun() });
  if (problem !== undefined) throw new UserError([problem]);

  // The target's SDK is loaded while Compose reads the file.
  const [app, target] = await Promise.all([
    readApp({
      file: config.app,
      environment: config.environment,
      environmentFiles: config.environmentFiles,
      profiles: config.profiles,
      secretNames: config.secretNames,
      extension: config.extension,
      target: config.target,
      launchType: config.target === "aws" ? config.aws.launchType : undefined,
    }),
    targetOf(config),
  ]);
  for (const { where, field, reason } of app.warnings) pulumi.log.warn(`${where}: ${field}: ${reason}.`);
  return target(app);
}

/** Loads what one target needs, and nothing of the others. */
async function targetOf(config: Config): Promise<Target> {
  switch (config.target) {
    case "docker": {
      const { deployToDocker } = await import("./targets/docker.ts");
      return (app) => deployToDocker(app, config);
    }
    case "gcp": {
      const { deployToGcp } = await import("./targets/gcp.ts");
      return (app) => deployToGcp(app, config);
    }
    case "aws": {
      const { deployToAws } = await import("./targets/aws.ts");
      return (app) => deployToAws(app, config);
    }
  }
}

/** What the user can mend is shown without a stack trace. */
function withoutTrace(error: unknown): unknown {
  return error instanceof UserError ? new pulumi.RunError(error.message) : error;
}

// The one default export of the program: which outputs there are depends on the target.
export default await deploy().catch((error) => {
  throw withoutTrace(error);
});
