import * as pulumi from "@pulumi/pulumi";

/** What the program asked the engine for, in order. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/**
 * Run a program under mocks and return what it registered, once all of it is; outputs are the inputs plus what the type computes.
 * @param last what the stack's last deployment put out
 */
export async function registrationsOf(
  program: () => unknown,
  computed: Record<string, (name: string) => object> = {},
  last: Record<string, unknown> = {},
): Promise<Registration[]> {
  const seen: Registration[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        seen.push({ type, name, inputs });
        return { id: `${name}-id`, state: { name, ...inputs, ...computed[type]?.(name) } };
      },
      call: ({ token, inputs }) => (token === "pulumi:pulumi:readStackOutputs" ? { ...inputs, outputs: last } : inputs),
    },
    "retrofit",
    "test",
    // A preview: what is only done in an update, such as waiting for an engine, is none of a unit test's business.
    true,
    "acme",
  );
  try {
    await program();
  } finally {
    await pulumi.runtime.disconnect();
  }
  return seen;
}
