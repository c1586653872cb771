// @ts-check
/** Marks a value of a special kind in Pulumi's state; this one is a secret. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/**
 * What stands for every secret value in a preview without credentials: in the state, and in the configuration, so that a value
 * which is one secret as a whole shows no change.
 */
export const placeholder = "placeholder-of-a-secret";

/** Characters from which a secret is looked for within other texts; a shorter one only as the whole of a text. */
const telling = 6;

/** Names in a provider's configuration under which a credential may lie in plain text. */
const credential = /key|token|secret|password|passphrase|credential|auth|cert/i;

/** What an output is, in a preview, that is known only afterwards. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * The state of a stack without anything secret: no ciphertexts, no salt, no plain values of secrets, wherever they are, no
 * provider's credentials, no texts of errors and no paths of the machine that deployed.
 * @param {any} document What `pulumi stack export --show-secrets` says. Without `--show-secrets` the copies of a secret that
 *   somebody left in plain text cannot be found.
 * @returns {any} To be imported by whoever gives it a secrets provider.
 * @throws {Error} where a secret is left
 */
export function withoutSecrets(document) {
  const secrets = secretsIn(document.deployment);
  const {
    secrets_providers: _,
    pending_operations: __,
    resources = [],
    ...deployment
  } = withPlaceholders(document.deployment);
  const clean = {
    version: document.version,
    deployment: {
      ...cleared(deployment, secrets),
      resources: cleared(resources, secrets).map(withoutRemains),
    },
  };
  refuseSecrets(clean, document);
  return clean;
}

/**
 * @param {any} clean @param {any} document What `pulumi stack export --show-secrets` says.
 * @throws {Error} where a secret of the document is in plain sight, also in the name of a property
 */
export function refuseSecrets(clean, document) {
  const text = JSON.stringify(clean).replaceAll(placeholder, "");
  const left = secretsIn(document.deployment).filter((each) => each.length >= telling && text.includes(inJson(each)));
  if (left.length > 0) throw new Error(`The state holds ${left.length} values of secrets in plain text.`);
}

/**
 * A state without secrets with the values that the program itself has in their places, by a preview without secrets.
 * @param {any} state @param {any} plan What `pulumi preview --save-plan --show-secrets` has written.
 */
export function withProgramsValues(state, plan) {
  const resources = state.deployment.resources.map((/** @type {any} */ resource) => {
    const goal = plan.resourcePlans[resource.urn]?.goal;
    if (goal === undefined) return resource;
    const { adds, updates } = goal.inputDiff ?? {};
    const ours = { ...resource.inputs, ...adds, ...updates };
    const sides = ["inputs", "outputs"].filter((side) => side in resource);
    return { ...resource, ...Object.fromEntries(sides.map((side) => [side, filled(resource[side], ours)])) };
  });
  return { ...state, deployment: { ...state.deployment, resources } };
}

/** @param {any} value @param {any} ours What the program has in its place. @returns {any} */
function filled(value, ours) {
  if (ours === undefined || typeof value !== "object" || value === null) return value;
  if (value[signature] === secretSignature) {
    const plain = JSON.stringify(unwrapped(ours));
    return plain.includes(unknown) ? value : { ...value, plaintext: plain };
  }
  const theirs = unwrapped(ours);
  if (typeof theirs !== "object" || theirs === null) return value;
  if (Array.isArray(value)) return value.map((each, index) => filled(each, theirs[index]));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, theirs[key])]));
}

/** The same with secrets as their values. @param {any} value @returns {any} */
function unwrapped(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unwrapped);
  if (value[signature] === secretSignature) return unwrapped(JSON.parse(value.plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unwrapped(each)]));
}

/** @param {any} resource */
function withoutRemains({ initErrors: _, sourcePosition: __, stackTrace: ___, ...resource }) {
  if (String(resource.type).startsWith("pulumi:providers:"))
    for (const side of ["inputs", "outputs"])
      for (const name of Object.keys(resource[side] ?? {})) if (credential.test(name)) resource[side][name] = secret();
  return resource;
}

function secret() {
  return { [signature]: secretSignature, plaintext: JSON.stringify(placeholder) };
}

/** The same with a placeholder for each secret. @param {any} value @returns {any} */
function withPlaceholders(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withPlaceholders);
  if (value[signature] === secretSignature) return secret();
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withPlaceholders(each)]));
}

/** The texts of all secrets, in the forms in which they are met, the longest first. @param {any} state @returns {string[]} */
function secretsIn(state) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @param {any} value @param {any} plain The same before it became an output. @param {boolean} inSecret */
  const collect = (value, plain, inSecret) => {
    if (typeof value === "object" && value !== null) {
      if (value[signature] === secretSignature) collect(JSON.parse(value.plaintext ?? "null"), plain, true);
      else for (const [key, each] of Object.entries(value)) collect(each, plain?.[key], inSecret);
    } else if (inSecret && value !== plain && ["string", "number"].includes(typeof value))
      for (const form of formsOf(String(value))) found.add(form);
  };
  const { resources = [], ...rest } = state;
  collect(rest, undefined, false);
  for (const { inputs, outputs, ...resource } of resources) {
    collect({ resource, inputs }, undefined, false);
    // A provider makes a whole list secret where one value in it is. What the program gave in plain text is none.
    collect(outputs, inputs, false);
  }
  for (const none of ["", placeholder]) found.delete(none);
  return [...found].sort((a, b) => b.length - a.length);
}

/** @param {string} text */
function formsOf(text) {
  const bytes = Buffer.from(text);
  // Of a text of several lines, such as a key, each line tells something.
  const lines = text.split("\n").map((line) => line.trim());
  return [text, encodeURIComponent(text), bytes.toString("base64"), bytes.toString("base64url"), ...lines];
}

/** The same without the texts of secrets. @param {any} value @param {readonly string[]} secrets @returns {any} */
function cleared(value, secrets) {
  const long = secrets.filter((each) => each.length >= telling).map((each) => each.replace(/[^\w\s]/g, "\\$&"));
  const inside = long.length > 0 ? new RegExp(long.join("|"), "g") : undefined;
  /** @param {any} each @returns {any} */
  const clear = (each) => {
    if (Array.isArray(each)) return each.map(clear);
    if (typeof each === "object" && each !== null)
      return Object.fromEntries(Object.entries(each).map(([key, one]) => [key, clear(one)]));
    if (typeof each === "number" && secrets.includes(String(each))) return 0;
    if (typeof each !== "string") return each;
    if (secrets.includes(each)) return placeholder;
    return inside ? each.replaceAll(inside, placeholder) : each;
  };
  return clear(value);
}

/** @param {string} text */
function inJson(text) {
  return JSON.stringify(text).slice(1, -1);
}
