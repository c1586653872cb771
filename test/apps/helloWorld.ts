import { expect } from "vitest";

/** What hello-world must show wherever it runs. `http` is its address: `http://127.0.0.1:5000`. */
export async function showsHelloWorld({ http }: { readonly http: string }): Promise<void> {
  const answer = await fetch(http);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe("Hello, World! (from a Docker container)");

  const nowhere = await fetch(`${http}/nowhere`);
  expect(nowhere.status).toBe(404);
  for (const { headers } of [answer, nowhere]) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("server")).toBe("gunicorn");
  }
}
