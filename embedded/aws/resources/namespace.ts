import { AwsError } from "../apiError.ts";
import { letters } from "../names.ts";
import { types } from "../types.ts";
import { arnOf, common, patiently } from "./common.ts";
import type { Kind } from "./kind.ts";
import { namespaceUsers } from "./service.ts";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

export const namespace: Kind = {
  type: types.namespace,
  api: "Cloud Map",
  noun: "HTTP Namespace",
  id: ({ id }) => id as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const { name } = inputs;
    if (store.all(types.namespace).some(([id, each]) => id !== before?.id && each.name === name)) {
      throw new AwsError("NamespaceAlreadyExists", `Namespace with name ${name} already exists`);
    }
    const id = before?.id ?? `ns-${letters(16, alphabet)}`;
    return {
      description: "",
      ...common(inputs, scope),
      id,
      arn: arnOf("servicediscovery", inputs, scope, `namespace/${id}`),
      httpName: name as string,
    };
  },
  deleting: (id, { arn }, { cloud: { store }, call }) =>
    patiently(call.signal, () => {
      if (namespaceUsers(store, arn as string).length > 0) {
        throw new AwsError("ResourceInUse", `Namespace ${id} has associated services`);
      }
    }),
};
