import { describe, expect, it } from "vitest";
import { ensureScript, unmountScript } from "../../../../embedded/aws/runtime/files/scripts.ts";
import { usage } from "../../../../embedded/aws/runtime/metrics.ts";
import { freeRange, nextAddress, routes } from "../../../../embedded/aws/runtime/network/ranges.ts";
import { nameAddress, networkRules } from "../../../../embedded/aws/runtime/network/rules.ts";
import { cannotPull } from "../../../../embedded/aws/runtime/tasks/words.ts";
import { parseCidr } from "../../../../embedded/core/cidr.ts";

describe("the range of a network", () => {
  it("is the subnet's own where that is free, otherwise a spare one", () => {
    const used = ["10.0.0.0/16", "10.251.7.0/24"].map(parseCidr);
    expect(freeRange("10.1.0.0/24", used, 0)).toBe("10.1.0.0/24");
    expect(freeRange("10.0.3.0/24", used, 7)).toBe("10.251.8.0/24");
    expect(freeRange(undefined, used, 255)).toBe("10.251.255.0/24");
    expect(() => freeRange(undefined, [parseCidr("10.251.0.0/16")], 0)).toThrow(/no range 10.251.x.0\/24 is free/);
  });

  it("reads the kernel's routes", () => {
    const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0
br0\t00007B0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;
    expect(routes(table)).toEqual(["10.123.0.0/16"]);
  });

  it("gives addresses in turn, so that none is soon somebody else's", () => {
    const next = (taken: string[], last?: string) => nextAddress("10.0.0.0/28", new Set(taken), last);
    expect(next([])).toBe("10.0.0.4");
    expect(next([], "10.0.0.4")).toBe("10.0.0.5");
    expect(next(["10.0.0.6"], "10.0.0.5")).toBe("10.0.0.7");
    expect(next([], "10.0.0.14")).toBe("10.0.0.4");
    expect(next(Array.from({ length: 11 }, (_, n) => `10.0.0.${n + 4}`))).toBeUndefined();
  });
});

describe("the rules of a task's network", () => {
  it("lead names to the cloud's proxies, and let in nobody else", () => {
    expect(networkRules("10.0.0.1", [{ address: nameAddress(0), port: 5432, to: 40001 }])).toBe(`table ip task
delete table ip task
table ip task {
  chain names {
    type nat hook output priority -100;
    ip daddr 198.19.0.1 tcp dport 5432 dnat to 10.0.0.1:40001
  }
  chain ingress {
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    ct state established,related accept
    ip saddr 10.0.0.1 accept
  }
}
`);
    expect([249, 250].map(nameAddress)).toEqual(["198.19.0.250", "198.19.1.1"]);
  });
});

describe("scripts for file systems", () => {
  it("quote what they are given", () => {
    expect(ensureScript({ path: "/it's", creation: { uid: 1, gid: 2, permissions: "0750" } })).toBe(
      "mkdir -p /fs/files && { [ -d '/fs/files//it'\\''s' ] || { mkdir -p '/fs/files//it'\\''s' && chown 1:2 '/fs/files//it'\\''s' && chmod 0750 '/fs/files//it'\\''s'; }; }",
    );
    expect(unmountScript("a")).toContain("/fs/access/a)");
  });
});

describe("what containers use", () => {
  it("is the difference of two measurements", () => {
    const cpu = (total: number, system: number) => ({
      cpu_usage: { total_usage: total },
      system_cpu_usage: system,
      online_cpus: 2,
    });
    const memory_stats = { usage: 30 * 2 ** 20, stats: { total_inactive_file: 10 * 2 ** 20 } };
    // A quarter of what two CPUs did: half a CPU.
    expect(usage({ cpu_stats: cpu(150, 1200), precpu_stats: cpu(100, 1000), memory_stats })).toEqual({
      cpu: 512,
      memory: 20,
    });
    expect(usage({ cpu_stats: cpu(150, 1200), precpu_stats: cpu(0, 1200), memory_stats: {} })).toEqual({
      cpu: 0,
      memory: 0,
    });
  });
});

describe("a container that has just ended", () => {
  it("uses nothing that could be counted", () => {
    expect(usage({})).toBeUndefined();
    expect(usage({ cpu_stats: { cpu_usage: { total_usage: 1 } } })).toBeUndefined();
  });
});

describe("the words of a failed pull", () => {
  it.each([
    ["nginx", "docker.io/library/nginx:latest"],
    ["acme/web:1", "docker.io/acme/web:1"],
    ["1.dkr.ecr.us-east-1.amazonaws.com/a/web@sha256:00", "1.dkr.ecr.us-east-1.amazonaws.com/a/web@sha256:00"],
    ["localhost:5000/web", "localhost:5000/web:latest"],
  ])("name %s in full", (image, name) => {
    expect(cannotPull("FARGATE", image, "manifest unknown")).toBe(
      `CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref ${name}: ${name}: not found`,
    );
  });
});
