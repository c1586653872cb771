/** Ports that by convention speak TLS or HTTP; any other may speak a protocol of its own. */
const tlsPorts = new Set([443, 8443]);
const httpPorts = new Set([80, 3000, 5000, 8000, 8080, 8888]);

/** What a port in a container is likely to speak. */
export function speechOf(target: number): "https" | "http" | "any" {
  return tlsPorts.has(target) ? "https" : httpPorts.has(target) ? "http" : "any";
}
