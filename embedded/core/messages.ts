import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type { Autonaming } from "./autoname.ts";
import type { CheckFailure } from "./check.ts";
import type { Change, ResourceDiff } from "./diff.ts";

/** `urn:pulumi:stack::project::parent$type::name`: the type token, and the resource's name in the program. */
export function parseUrn(urn: string): { readonly token: string; readonly name: string } {
  const [, , types = "", ...names] = urn.split("::");
  return { token: types.split("$").at(-1) ?? "", name: names.join("::") };
}

export function autonamingOf(
  options: InstanceType<typeof messages.CheckRequest.AutonamingOptions> | undefined,
): Autonaming | undefined {
  if (options === undefined) return undefined;
  const { ENFORCE, DISABLE } = messages.CheckRequest.AutonamingOptions.Mode;
  const proposedName = options.getProposedName();
  if (options.getMode() === DISABLE) return { mode: "disable" };
  return { mode: options.getMode() === ENFORCE ? "enforce" : "propose", proposedName };
}

/** The reason says the whole path. With `property` set, the engine would look up its value by that path and print it. */
export function failureMessages(list: readonly CheckFailure[]) {
  return list.map(({ reason }) => {
    const message = new messages.CheckFailure();
    message.setReason(reason);
    return message;
  });
}

export function diffResponse({ changes, deleteBeforeReplace }: ResourceDiff, stable: readonly string[]) {
  const response = new messages.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const topLevels = (list: readonly Change[]) => [...new Set(list.map(({ path }) => topLevel(path)))];
  response.setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setDiffsList(topLevels(changes));
  response.setReplacesList(topLevels(changes.filter(({ replace }) => replace)));
  response.setStablesList([...stable]);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setHasdetaileddiff(true);
  for (const change of changes) response.getDetaileddiffMap().set(change.path, detail(change));
  return response;
}

function detail({ kind, replace }: Change) {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
  const kinds = {
    add: [ADD, ADD_REPLACE],
    delete: [DELETE, DELETE_REPLACE],
    update: [UPDATE, UPDATE_REPLACE],
  } as const;
  const message = new messages.PropertyDiff();
  message.setKind(kinds[kind][replace ? 1 : 0]);
  message.setInputdiff(true);
  return message;
}

function topLevel(path: string): string {
  return /^[^.[]+/.exec(path)?.[0] ?? path;
}
