import { expect, it } from "vitest";
import { type KnownRelease, withRelease } from "../../../components/knownReleases.ts";

it("keeps the last ten releases, each once, the newest first", () => {
  // Ids are hashes: their order says nothing.
  const ids = Array.from({ length: 12 }, (_, index) => `${(index * 7) % 12}f`);
  const release = (id: string) => ({ id, images: { web: `web@${id}` } });
  const known = ids.reduce((all: readonly KnownRelease[], id) => withRelease(all, release(id)), []);
  expect(known).toEqual(ids.slice(2).reverse().map(release));

  const again = withRelease(known, release(ids[5] as string));
  expect(again[0]).toEqual(release(ids[5] as string));
  expect(again).toHaveLength(10);
});
