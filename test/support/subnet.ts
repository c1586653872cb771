import { overlap, parseCidr } from "../../embedded/core/cidr.ts";
import { docker } from "./stack.ts";

/** The first three numbers of 256 addresses that no network of the engine has, be it one that an interrupted run has left. */
export async function freeSubnet(): Promise<string> {
  const names = (await docker("network", "ls", "--quiet")).split("\n");
  // One that goes meanwhile is an error to the command, which prints the others all the same.
  const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
  const printed = await docker("network", "inspect", "--format", format, ...names).catch(
    (error: { stdout?: string }) => error.stdout ?? "",
  );
  const taken = printed.split(/\s+/).filter((range) => /^[\d.]+\/\d+$/.test(range));
  for (let third = 0; third < 256; third++) {
    const prefix = `10.124.${third}`;
    const range = parseCidr(`${prefix}.0/24`);
    if (!taken.some((each) => overlap(parseCidr(each), range))) return prefix;
  }
  throw new Error("no range 10.124.x.0/24 is free");
}
