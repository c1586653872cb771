/**
 * What the predefined roles allow, of the permissions that this cloud asks for. A role that is listed with none exists, but
 * nothing here depends on it. https://cloud.google.com/iam/docs/roles-permissions
 */
const objectsRead = ["storage.objects.get", "storage.objects.list"];
const objectsWrite = [...objectsRead, "storage.objects.create", "storage.objects.delete", "storage.objects.update"];
const bucketsRead = ["storage.buckets.get", "storage.buckets.list"];
const pull = ["artifactregistry.repositories.downloadArtifacts"];
const push = [...pull, "artifactregistry.repositories.uploadArtifacts"];
const log = ["logging.logEntries.create"];
const secret = ["secretmanager.versions.access"];

export const permissionsOf: Readonly<Record<string, readonly string[]>> = {
  "roles/owner": [...bucketsRead, ...objectsWrite, ...push, ...log, ...secret],
  "roles/editor": [...bucketsRead, ...push, ...log],
  "roles/viewer": [...bucketsRead, ...pull],

  "roles/storage.admin": [...bucketsRead, ...objectsWrite],
  "roles/storage.bucketViewer": bucketsRead,
  "roles/storage.objectAdmin": objectsWrite,
  "roles/storage.objectUser": objectsWrite,
  "roles/storage.objectViewer": objectsRead,
  "roles/storage.objectCreator": ["storage.objects.create"],
  "roles/storage.legacyBucketOwner": [
    "storage.buckets.get",
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.list",
  ],
  "roles/storage.legacyBucketWriter": [
    "storage.buckets.get",
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.list",
  ],
  "roles/storage.legacyBucketReader": ["storage.buckets.get", "storage.objects.list"],
  "roles/storage.legacyObjectOwner": ["storage.objects.get", "storage.objects.update"],
  "roles/storage.legacyObjectReader": ["storage.objects.get"],

  "roles/artifactregistry.admin": push,
  "roles/artifactregistry.repoAdmin": push,
  "roles/artifactregistry.writer": push,
  "roles/artifactregistry.reader": pull,

  "roles/logging.admin": log,
  "roles/logging.logWriter": log,

  "roles/secretmanager.admin": secret,
  "roles/secretmanager.secretAccessor": secret,
  "roles/secretmanager.viewer": [],
  "roles/secretmanager.secretVersionManager": [],

  "roles/compute.admin": [],
  "roles/compute.instanceAdmin.v1": [],
  "roles/compute.networkAdmin": [],
  "roles/compute.osAdminLogin": [],
  "roles/compute.osLogin": [],
  "roles/compute.securityAdmin": [],
  "roles/compute.viewer": [],
  "roles/iam.serviceAccountAdmin": [],
  "roles/iam.serviceAccountTokenCreator": [],
  "roles/iam.serviceAccountUser": [],
  "roles/iam.workloadIdentityUser": [],
  "roles/iap.tunnelResourceAccessor": [],
  "roles/cloudtrace.agent": [],
  "roles/monitoring.metricWriter": [],
  "roles/monitoring.viewer": [],
  "roles/opsagent.serviceAgent": [],
  "roles/serviceusage.serviceUsageAdmin": [],
  "roles/stackdriver.resourceMetadata.writer": [],
};
