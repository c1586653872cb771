import type * as pulumi from "@pulumi/pulumi";

/** The value of an output, secret or not, once it is known: outside of a preview. */
export function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
