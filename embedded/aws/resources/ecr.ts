import { AwsError } from "../apiError.ts";
import { types } from "../types.ts";
import { arnOf, common, homeOf } from "./common.ts";
import type { Kind } from "./kind.ts";

const name = /^(?=.{2,256}$)[a-z](?:[a-z0-9]+|[._-](?=[a-z0-9])|\/(?=[a-z0-9]))*$/;

export const repository: Kind = {
  type: types.repository,
  api: "ECR",
  noun: "Repository",
  id: ({ name: own }) => own as string,
  outputs(inputs, scope) {
    if (!name.test(inputs.name as string)) {
      throw new AwsError(
        "InvalidParameterException",
        `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression (?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*': ${inputs.name}`,
      );
    }
    const exclusions = (inputs.imageTagMutabilityExclusionFilters ?? []) as unknown[];
    const excludes = /_WITH_EXCLUSION$/.test((inputs.imageTagMutability ?? "") as string);
    if (excludes !== exclusions.length > 0) {
      throw new AwsError(
        "InvalidParameterException",
        "Invalid parameter at 'imageTagMutabilityExclusionFilters': filters are required with, and only with, IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION.",
      );
    }
    const { account, region } = homeOf(inputs, scope);
    return {
      encryptionConfigurations: [{ encryptionType: "AES256", kmsKey: "" }],
      ...common(inputs, scope),
      arn: arnOf("ecr", inputs, scope, `repository/${inputs.name}`),
      registryId: account,
      repositoryUrl: `${account}.dkr.ecr.${region}.amazonaws.com/${inputs.name}`,
    };
  },
  async deleting(id, { repositoryUrl, registryId, forceDelete }, { cloud }) {
    if (forceDelete === true || !(await cloud.images.any(repositoryUrl as string))) return;
    throw new AwsError(
      "RepositoryNotEmptyException",
      `The repository with name '${id}' in registry with id '${registryId}' cannot be deleted because it still contains images`,
    );
  },
  async deleted(_id, { repositoryUrl }, { cloud }) {
    await cloud.images.remove(repositoryUrl as string);
  },
};

export const lifecyclePolicy: Kind = {
  type: "aws:ecr/lifecyclePolicy:LifecyclePolicy",
  api: "ECR",
  noun: "Lifecycle Policy",
  operations: { creating: "PutLifecyclePolicy" },
  id: ({ repository: owner }) => owner as string,
  outputs(inputs, scope) {
    const owner = inputs.repository as string;
    const { account } = homeOf(inputs, scope);
    if (!scope.cloud.store.get(types.repository, owner)) {
      throw new AwsError(
        "RepositoryNotFoundException",
        `The repository with name '${owner}' does not exist in the registry with id '${account}'`,
      );
    }
    const rules = (
      JSON.parse(inputs.policy as string) as {
        rules?: readonly { rulePriority?: unknown; selection?: unknown; action?: { type?: unknown } }[];
      }
    ).rules;
    if (
      !Array.isArray(rules) ||
      rules.length === 0 ||
      rules.some((rule) => typeof rule.rulePriority !== "number" || !rule.selection || rule.action?.type !== "expire")
    ) {
      throw new AwsError(
        "InvalidParameterException",
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: each rule needs rulePriority, selection and the action expire'",
      );
    }
    return { ...inputs, region: homeOf(inputs, scope).region, registryId: account };
  },
};
