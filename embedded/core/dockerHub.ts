import { readFileSync } from "node:fs";

/** Accounts and private repositories of Docker Hub, as a file says: who may pull which. */
export interface DockerHub {
  /** Passwords or access tokens by user name. */
  readonly accounts: Readonly<Record<string, string>>;
  /** User names that may pull, by repository: `{ "acme/web": ["acme"] }`. All others are public. */
  readonly private: Readonly<Record<string, readonly string[]>>;
}

/** Reads the file; where there is none, everything is public. */
export function readDockerHub(file: string): DockerHub {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    text = "{}";
  }
  const { accounts = {}, private: repositories = {} } = JSON.parse(text) as Partial<DockerHub>;
  return { accounts, private: repositories };
}

/** Whether it takes a login. */
export function knows({ accounts }: DockerHub, user: string, password: string): boolean {
  return user !== "" && accounts[user] === password;
}

export function maySee(hub: DockerHub, user: string | undefined, repository: string): boolean {
  const owners = hub.private[repository];
  return owners === undefined || (user !== undefined && owners.includes(user));
}
