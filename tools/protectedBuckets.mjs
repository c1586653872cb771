// @ts-check

/**
 * A stack as `pulumi stack export` gives it, as far as it matters here.
 * @typedef {{ deployment?: { resources?: { type: string, id?: string, protect?: boolean }[] } }} Exported
 */

/** Names of the buckets that a stack keeps at `destroy`. @param {Exported} stack @returns {string[]} */
export function protectedBuckets({ deployment }) {
  const buckets = (deployment?.resources ?? []).filter(({ type, protect }) => type.endsWith(":Bucket") && protect);
  return buckets.map(({ id = "" }) => id);
}

/** What to do where buckets are to go with the stack. @param {readonly string[]} buckets @param {string} stack */
export function mendOf(buckets, stack) {
  const on = stack === "dev" ? "" : ` -- --stack ${stack}`;
  return `A destroy refuses to delete a bucket, which may hold what people have uploaded: ${buckets.join(", ")}. To delete it with all that it holds:
  npm run pulumi -- config set retrofit:destroyContent true${stack === "dev" ? "" : ` --stack ${stack}`}
  npm start${on}
  npm run destroy${on}`;
}
