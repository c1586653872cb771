import { type PackageFacts, type PropertyFacts, parseType, propertyFacts, type TypeSpec } from "./facts.ts";

type Properties = Readonly<Record<string, PropertyFacts | string>>;

/** A Pulumi package schema as JSON: https://www.pulumi.com/docs/iac/packages-and-automation/pulumi-packages/schema. */
export function packageSchema(facts: PackageFacts): string {
  const type = (name: string) => `${facts.package}:index/${name}:${name}`;
  const spec = (t: TypeSpec): unknown => {
    if (t.kind === "list") return { type: "array", items: spec(t.of) };
    if (t.kind === "map") return { type: "object", additionalProperties: spec(t.of) };
    if (t.kind === "object") return { type: "object", $ref: `#/types/${type(t.name)}` };
    return t.kind === "any" ? { $ref: "pulumi.json#/Any" } : { type: t.kind };
  };
  const object = (properties: Properties) => ({
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, value]) => {
        const property = propertyFacts(value);
        return [key, { ...(spec(parseType(property.t)) as object), ...(property.secret ? { secret: true } : {}) }];
      }),
    ),
    required: Object.entries(properties).flatMap(([key, value]) => (propertyFacts(value).req ? [key] : [])),
  });
  const inputs = (properties: Properties) => {
    const { properties: inputProperties, required: requiredInputs } = object(properties);
    return { inputProperties, requiredInputs };
  };
  return JSON.stringify({
    name: facts.package,
    version: facts.version,
    config: { variables: object(facts.config).properties },
    provider: inputs(facts.config),
    types: Object.fromEntries(
      Object.entries(facts.types).map(([name, properties]) => [type(name), { type: "object", ...object(properties) }]),
    ),
    resources: Object.fromEntries(
      Object.entries(facts.resources).map(([token, resource]) => [
        token,
        { ...object({ ...resource.inputs, ...resource.outputs }), ...inputs(resource.inputs) },
      ]),
    ),
  });
}
