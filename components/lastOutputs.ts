import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

const attempts = 30;
/** Milliseconds between two of them. */
const pause = 100;

/**
 * What the stack's last deployment put out, also while the next one runs; nothing before the first. The engine is asked, which has the
 * state at hand: `readStackOutputs` of its builtin provider
 * (https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/builtins.go), as a StackReference does, which would be a resource.
 * @throws where the state cannot be read for three seconds. A moment says nothing: the file backend writes beside each state a file of
 *   its attributes, in place, while resources are registered; who reads it when it is empty is told `failed to load checkpoint: EOF`.
 */
export async function lastOutputs(): Promise<Readonly<Record<string, unknown>>> {
  const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  for (let left = attempts - 1; ; left--) {
    try {
      const { outputs = {} } = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name });
      return outputs;
    } catch (error) {
      if (left === 0) throw error;
      await sleep(pause);
    }
  }
}
