/** What a request to Cloud Storage wants to do, as far as it must be allowed or kept. */
export interface StorageRequest {
  /** All of them are needed. */
  readonly needs: readonly Need[];
  /** Of a move: which the emulator does not know. */
  readonly move?: { readonly bucket: string; readonly from: string; readonly to: string };
  /** Object that is gone afterwards. */
  readonly removes?: { readonly bucket: string; readonly object: string };
  /** Whether the answer names an object that is new or has changed. */
  readonly writes: boolean;
}

export interface Need {
  readonly permission: string;
  readonly bucket: string;
}

/**
 * Reads a request of the JSON API or of the XML API: https://cloud.google.com/storage/docs/json_api/v1,
 * https://cloud.google.com/storage/docs/xml-api/overview.
 * @returns undefined for what is no request of theirs, or one that is not imitated
 */
export function storageRequest(method: string, path: string): StorageRequest | undefined {
  const upload = /^(?:\/resumable)?\/upload\/storage\/v1\/b\/([^/]+)\/o\/?$/.exec(path);
  if (upload) return writing(upload[1]);
  const media = /^\/download\/storage\/v1\/b\/([^/]+)\/o\/(.+)$/.exec(path);
  if (media) return method === "GET" || method === "HEAD" ? reading("storage.objects.get", media[1]) : undefined;
  const json = /^\/storage\/v1\/b\/([^/]+)(?:\/(storageLayout|o)(?:\/(.*))?)?$/.exec(path);
  if (json) return jsonRequest(method, json[1] ?? "", json[2], json[3]);
  if (/^\/(storage|upload|download|batch|resumable|_internal)(\/|$)/.test(path)) return undefined;
  const xml = /^\/([^/]+)(?:\/(.*))?$/.exec(path);
  return xml ? xmlRequest(method, xml[1] ?? "", xml[2]) : undefined;
}

function jsonRequest(method: string, bucket: string, part?: string, object?: string): StorageRequest | undefined {
  if (part === undefined) return method === "GET" ? reading("storage.buckets.get", bucket) : undefined;
  if (part === "storageLayout") return method === "GET" ? reading("storage.objects.list", bucket) : undefined;
  if (object === undefined || object === "") {
    return method === "GET" ? reading("storage.objects.list", bucket) : undefined;
  }
  const copy = /^(.+)\/(?:rewriteTo|copyTo)\/b\/([^/]+)\/o\/(.+)$/.exec(object);
  if (copy && method === "POST") {
    return {
      needs: [need("storage.objects.get", bucket), need("storage.objects.create", copy[2])],
      writes: true,
    };
  }
  const move = /^(.+)\/moveTo\/o\/(.+)$/.exec(object);
  if (move && method === "POST") {
    const [from = "", to = ""] = move.slice(1).map(decoded);
    return {
      needs: ["get", "create", "delete"].map((verb) => need(`storage.objects.${verb}`, bucket)),
      move: { bucket: decoded(bucket), from, to },
      writes: true,
    };
  }
  if (object.endsWith("/compose") && method === "POST") {
    return { needs: ["get", "create"].map((verb) => need(`storage.objects.${verb}`, bucket)), writes: true };
  }
  if (/\/acl(\/|$)/.test(object)) return undefined; // uniform access has none
  return objectRequest(method, bucket, object, "storage.objects.update");
}

function xmlRequest(method: string, bucket: string, object?: string): StorageRequest | undefined {
  if (object) return objectRequest(method, bucket, object, "storage.objects.create");
  return method === "GET" ? reading("storage.objects.list", bucket) : undefined;
}

function objectRequest(method: string, bucket: string, object: string, put: string): StorageRequest | undefined {
  switch (method) {
    case "GET":
    case "HEAD":
      return reading("storage.objects.get", bucket);
    case "PATCH":
    case "PUT":
    case "POST":
      return { needs: [need(put, bucket)], writes: true };
    case "DELETE":
      return {
        needs: [need("storage.objects.delete", bucket)],
        removes: { bucket: decoded(bucket), object: decoded(object) },
        writes: false,
      };
    default:
      return undefined;
  }
}

function reading(permission: string, bucket: string | undefined): StorageRequest {
  return { needs: [need(permission, bucket)], writes: false };
}

function writing(bucket: string | undefined): StorageRequest {
  return { needs: [need("storage.objects.create", bucket)], writes: true };
}

function need(permission: string, bucket: string | undefined): Need {
  return { permission, bucket: decoded(bucket ?? "") };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
