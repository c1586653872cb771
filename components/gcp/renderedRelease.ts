import * as pulumi from "@pulumi/pulumi";
import type { App } from "../../compose/model.ts";
import type { CarriedBinds } from "../carriedBinds.ts";
import { loginKey, type RegistryCredentials } from "../registries/registry.ts";
import { bucketVolumes } from "./appBuckets.ts";
import { releaseFiles } from "./release.ts";
import { type ReleaseDocument, releaseDocument } from "./releaseDocument.ts";

interface RenderedReleaseArgs {
  /** With the names of its buckets. */
  readonly app: App;
  readonly binds: CarriedBinds;
  /** Reference of each service's image. */
  readonly images: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** Reference of the image with the content of each bound folder, by its path on this machine. */
  readonly folders: Readonly<Record<string, pulumi.Input<string>>>;
  /** Version of each secret, by its key. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** Name of each bucket, by volume. */
  readonly buckets: Readonly<Record<string, pulumi.Input<string>>>;
  /** Whether the buckets have folders that are folders. */
  readonly hierarchical?: boolean;
  /** Reference of the image that mounts buckets, where there is one. */
  readonly mounter?: pulumi.Input<string>;
  /** Logins by which the VM pulls; the password of each is the secret of its {@link loginKey}. */
  readonly logins: readonly RegistryCredentials[];
  /** Seconds that the release may take. */
  readonly timeout: number;
  readonly attempt: number;
}

/** The document, rendered once the digests and the versions of the secrets are known. */
export function renderedRelease(args: RenderedReleaseArgs): pulumi.Output<ReleaseDocument> {
  const { app, binds, images, folders, secrets, buckets, hierarchical, mounter, timeout, attempt } = args;
  return pulumi.output({ images, folders, secrets, buckets, mounter }).apply((known) =>
    releaseDocument(
      releaseFiles(app, {
        ...known,
        binds,
        buckets: Object.fromEntries(
          bucketVolumes(app).map(({ name, uid, gid, fileMode, dirMode }) => {
            const [image, bucket] = [known.mounter as string, known.buckets[name] as string];
            return [name, { image, bucket, uid, gid, fileMode, dirMode, hierarchical }];
          }),
        ),
        registries: googleRegistries([
          ...Object.values(known.images),
          ...Object.values(known.folders),
          known.mounter ?? "",
        ]),
        logins: args.logins.map(({ address, username }) => ({
          host: address,
          user: username,
          secret: known.secrets[loginKey(address)] as string,
        })),
        timeout,
        attempt,
      }),
    ),
  );
}

/** Hosts among those of images that ask for the login of a Google account. */
function googleRegistries(images: readonly string[]): string[] {
  const hosts = images.map((image) => image.split("/")[0] as string);
  return [...new Set(hosts.filter((host) => /(^|\.)gcr\.io$|-docker\.pkg\.dev$/.test(host)))].sort();
}
