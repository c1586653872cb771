const secretNames = /\.(key|pfx|p12|jks)$|(^|[/\\])\.env(\.(?!(.*\.)?(example|sample|template|dist)$)[^/\\]*)?$/;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/**
 * Whether a file of this machine is to be kept like a password: what only its owner may read, files of variables, and private keys.
 * @param content looked into for a key, where it is given
 */
export function isSecretFile(path: string, mode: number, content?: Buffer): boolean {
  return (mode & 0o077) === 0 || secretNames.test(path) || privateKey.test(content?.toString("latin1") ?? "");
}
