import type * as pulumi from "@pulumi/pulumi";
import { slug } from "../names.ts";
import { dockerHubHost } from "./location.ts";

/** Where built images are pushed to and pulled from. */
export interface Registry {
  /** Host, with its port, as images are named by it: `docker.io`, `gcr.io`, `127.0.0.1:5050`. */
  readonly host: string;
  /** Address of the repository that holds a service's images, without tag: `127.0.0.1:5050/shop-dev/web`. */
  repository(service: string): pulumi.Input<string>;
  /** Credentials for pushing and pulling. @default what Docker itself is logged in with */
  readonly credentials?: RegistryCredentials;
  /** Credentials for other registries, that images are pulled from: at builds what they are built on. @default [] */
  readonly logins?: readonly RegistryCredentials[];
  /** Resources that must exist before the first push. */
  readonly ready: readonly pulumi.Resource[];
  /**
   * Address of a registry that builds push to and pull from in this one's place, where it has the images below their whole
   * names: `127.0.0.1:5050` has `127.0.0.1:5050/gcr.io/shop/web` for `gcr.io/shop/web`; those of Docker Hub without its host,
   * as mirrors of it have them. References name this one all the same.
   * @default none
   */
  readonly mirror?: string;
}

/** Where a build pushes or pulls an image, which may be another registry's and then stays as it is. */
export function addressForBuilds({ host, mirror }: Registry, image: string): string {
  if (mirror === undefined || !image.startsWith(`${host}/`)) return image;
  return `${mirror}/${host === dockerHubHost ? image.slice(host.length + 1) : image}`;
}

export interface RegistryCredentials {
  /** Host of the registry, as images are named by it. */
  readonly address: string;
  readonly username: string;
  /** Secret. */
  readonly password: pulumi.Input<string>;
}

/** Key of the secret that holds the login to a registry. @param address its host */
export function loginKey(address: string): string {
  return `login-${slug(address)}`;
}

/** The logins that pulling takes. @param own whether the registry is the cloud's own, which knows what pulls without one */
export function pullLogins({ credentials, logins = [] }: Registry, own: boolean): readonly RegistryCredentials[] {
  return credentials === undefined || own ? logins : [credentials, ...logins];
}

/** A user's name and password, or access token. */
export interface Login {
  readonly username: string;
  /** Secret. */
  readonly password: pulumi.Output<string>;
}
