/** A name of Service Connect as a task sees it. */
export interface Redirect {
  /** That the name has in the task, and the port that clients ask for. */
  readonly address: string;
  readonly port: number;
  /** The cloud's port on the network's gateway that it leads to. */
  readonly to: number;
}

/** The n-th address that names have in a task, from 0: of the range for benchmarks, which nothing else uses. */
export function nameAddress(n: number): string {
  return `198.19.${Math.floor(n / 250)}.${(n % 250) + 1}`;
}

/**
 * The rules of a task's network as a script for nft: names lead to the cloud's proxies, and nothing comes in but through
 * them, which have asked the security groups.
 */
export function networkRules(gateway: string, redirects: readonly Redirect[]): string {
  return `table ip task
delete table ip task
table ip task {
  chain names {
    type nat hook output priority -100;
${redirects.map(({ address, port, to }) => `    ip daddr ${address} tcp dport ${port} dnat to ${gateway}:${to}\n`).join("")}  }
  chain ingress {
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    ct state established,related accept
    ip saddr ${gateway} accept
  }
}
`;
}

/** Has nft apply rules. */
export function rulesScript(rules: string): string {
  return `nft -f - <<'END'\n${rules}END\n`;
}
