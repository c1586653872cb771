import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { ConfigReader } from "./reader.ts";

/** What the docker target alone is configured by. */
export interface DockerConfig {
  /** Address on which ports are published. */
  readonly bind: string;
  readonly keepVolumes: boolean;
  /** Address of the Docker engine, or undefined for the one that Docker's command line uses. */
  readonly host?: string;
}

export function readDocker(reader: ConfigReader): DockerConfig {
  const bind = reader.text("bind") ?? "127.0.0.1";
  if (isIP(bind) === 0) {
    reader.wrong("bind", `"${bind}" is not an IP address`, "Give one of this machine's, such as 127.0.0.1 or 0.0.0.0");
  }
  return { bind, keepVolumes: reader.flag("keepVolumes"), host: new pulumi.Config("docker").get("host") };
}
