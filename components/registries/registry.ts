import type * as pulumi from "@pulumi/pulumi";

/** Where built images are pushed to and pulled from. */
export interface Registry {
  /** Address of the repository that holds the images of that name, without tag: `127.0.0.1:5050/shop-dev/web`. */
  repository(name: string): pulumi.Input<string>;
  /** Credentials for pushing, where the registry asks for them. */
  readonly credentials?: RegistryCredentials;
  /** Resources that must exist before the first push. */
  readonly ready: readonly pulumi.Resource[];
}

export interface RegistryCredentials {
  /** Host of the registry, as the login is filed under. */
  readonly address: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  /** Secret. */
  readonly password: pulumi.Input<string>;
}
