import { UserError } from "../../userError.ts";
import { hashOf } from "../names.ts";
import { archiveOf, type Files, sortedFiles } from "./archive.ts";

/** What the machine's metadata say of a release. */
export interface ReleaseDocument {
  /** Names the release by its content: 12 hexadecimal digits. */
  readonly id: string;
  /** The id on the first line, then the files as tar.gz in base64. */
  readonly text: string;
}

/** https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#limitations */
const longestValue = 256 * 1024;

/** @throws UserError where it is longer than a metadata value may be */
export async function releaseDocument(files: Files): Promise<ReleaseDocument> {
  const id = hashOf(sortedFiles(files).flat());
  const text = `${id}\n${(await archiveOf(files)).toString("base64")}\n`;
  if (text.length > longestValue) {
    const [largest] = [...files].sort(([, a], [, b]) => b.length - a.length).map(([path]) => path);
    throw new UserError([
      {
        where: "release",
        what: `its document has ${text.length} bytes, and a metadata value holds ${longestValue}; most of it is ${largest}`,
        mend: "Put large configs and mounted files into an image, or on a volume",
      },
    ]);
  }
  return { id, text };
}
