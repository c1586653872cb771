/**
 * What Google's API calls an input: a path, or one with other values; none where it is the provider's own and no part of the
 * request. A key stands for all below it, too; one that ends with `.*` for the entries of a map, whatever their keys are.
 */
export type Difference =
  | string
  | undefined
  | { readonly to: string; readonly value: Readonly<Record<string, unknown>> };

/** The method by which the provider makes a resource, and where it deliberately names things in another way than the API. */
export type Request = readonly [method: string, differences?: Readonly<Record<string, Difference>>];

const providersOwn = undefined;

/** The one member of one role that is added to a policy, which is at `prefix` in the body. */
const member = (prefix = "policy.") => ({
  role: `${prefix}bindings[].role`,
  member: `${prefix}bindings[].members[]`,
});

/** The request of each type that the GCP target registers. */
export const requests: Readonly<Record<string, Request>> = {
  "gcp:artifactregistry/repository:Repository": [
    "artifactregistry.projects.locations.repositories.create",
    { "cleanupPolicies[]": "cleanupPolicies.*" }, // a map by id
  ],
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": [
    "artifactregistry.projects.locations.repositories.setIamPolicy",
    member(),
  ],
  "gcp:compute/address:Address": ["compute.addresses.insert"],
  "gcp:compute/disk:Disk": ["compute.disks.insert", { size: "sizeGb", createSnapshotBeforeDestroy: providersOwn }],
  "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": [
    "compute.disks.addResourcePolicies",
    { name: "resourcePolicies[]" }, // one of them
  ],
  "gcp:compute/firewall:Firewall": [
    "compute.firewalls.insert",
    { "allows[]": "allowed[]", "allows[].protocol": "allowed[].IPProtocol" },
  ],
  "gcp:compute/instance:Instance": [
    "compute.instances.insert",
    {
      allowStoppingForUpdate: providersOwn,
      bootDisk: "disks[]", // all disks are one list
      "bootDisk.initializeParams.image": "disks[].initializeParams.sourceImage",
      "bootDisk.initializeParams.size": "disks[].initializeParams.diskSizeGb",
      "bootDisk.initializeParams.type": "disks[].initializeParams.diskType",
      "attachedDisks[]": "disks[]",
      "networkInterfaces[].accessConfigs[].natIp": "networkInterfaces[].accessConfigs[].natIP",
      "tags[]": "tags.items[]",
      "metadata.*": "metadata.items[].value",
      serviceAccount: "serviceAccounts[]", // of which there may be one
    },
  ],
  "gcp:compute/network:Network": ["compute.networks.insert", { routingMode: "routingConfig.routingMode" }],
  "gcp:compute/resourcePolicy:ResourcePolicy": ["compute.resourcePolicies.insert"],
  "gcp:compute/subnetwork:Subnetwork": ["compute.subnetworks.insert"],
  "gcp:projects/iAMMember:IAMMember": [
    "cloudresourcemanager.projects.setIamPolicy",
    { project: "resource", ...member() },
  ],
  "gcp:projects/service:Service": [
    "serviceusage.services.enable",
    { project: "name", disableOnDestroy: providersOwn }, // projects/<project>/services/<service>
  ],
  "gcp:secretmanager/secret:Secret": [
    "secretmanager.projects.secrets.create",
    { "replication.auto": "replication.automatic" },
  ],
  "gcp:secretmanager/secretIamMember:SecretIamMember": [
    "secretmanager.projects.secrets.setIamPolicy",
    { secretId: "resource", ...member() },
  ],
  "gcp:secretmanager/secretVersion:SecretVersion": [
    "secretmanager.projects.secrets.addVersion",
    { secretData: "payload.data", isSecretDataBase64: providersOwn, deletionPolicy: providersOwn },
  ],
  "gcp:serviceaccount/account:Account": [
    "iam.projects.serviceAccounts.create",
    { displayName: "serviceAccount.displayName" },
  ],
  "gcp:storage/bucket:Bucket": [
    "storage.buckets.insert",
    {
      uniformBucketLevelAccess: "iamConfiguration.uniformBucketLevelAccess.enabled",
      publicAccessPrevention: "iamConfiguration.publicAccessPrevention",
      "lifecycleRules[]": "lifecycle.rule[]",
      "lifecycleRules[].condition.withState": {
        to: "lifecycle.rule[].condition.isLive",
        value: { LIVE: true, ARCHIVED: false },
      },
      forceDestroy: providersOwn,
    },
  ],
  "gcp:storage/bucketIAMMember:BucketIAMMember": ["storage.buckets.setIamPolicy", member("")],
};
