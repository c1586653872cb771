/**
 * What `retrofit:services` says where a part of it was set with --secret. Nobody tells the program which part: every variable of every
 * service is secret. What is no text is refused later, with its place.
 */
export function withSecretVariables(services: Record<string, unknown>): Record<string, unknown> {
  return mapRecord(services, (service) =>
    isRecord(service) && isRecord(service.environment)
      ? { ...service, environment: mapRecord(service.environment, secretText) }
      : service,
  );
}

/** In the stack's file it is encrypted, and its name alone counts. */
function secretText(value: unknown, name: string): unknown {
  if (isEncrypted(value)) return { secret: [{ name }] };
  const isText = ["string", "number", "boolean"].includes(typeof value);
  return isText && value !== "" ? { secret: [String(value)] } : value;
}

/** Set with --secret: encrypted in the stack's file. */
export function isEncrypted(value: unknown): boolean {
  return isRecord(value) && "secure" in value;
}

/** Whether any part of it is. */
export function hasEncrypted(value: unknown): boolean {
  return isEncrypted(value) || (isRecord(value) && Object.values(value).some(hasEncrypted));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapRecord(
  record: Record<string, unknown>,
  change: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
