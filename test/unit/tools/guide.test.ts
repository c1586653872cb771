import { describe, expect, it } from "vitest";
import { guide } from "../../../tools/guide.mjs";

const state = "/srv/retrofit/.retrofit/state";

describe("what npm start says at its end", () => {
  it("tells the whole story of the default stack", () => {
    const app = "flask-upload-demo/nginx";
    expect(guide({ stack: "dev", target: "gcp", embedded: true, url: "http://34.1.2.3/", app, state })).toBe(`
Deployed: http://34.1.2.3/

  upload      open it in a browser, or: curl -F file=@picture.png http://34.1.2.3/
  lose the VM npm run kill-vm, then: npm start; what was uploaded is still there
  logs        npm run logs
  change      edit what is under docker/flask-upload-demo, then: npm start
  go back     npm run pulumi -- stack output releases, set retrofit:release to one, then: npm start
  your app    README.md, Deploy your own app: a folder or a compose file, on a stack of its own
  look        npm run pulumi -- stack
  state       /srv/retrofit/.retrofit/state
  destroy     npm run destroy`);
  });

  it("names another stack in each command, and leaves out what does not apply", () => {
    expect(guide({ stack: "docker", target: "docker", embedded: false, url: null, app: "shop", state })).toBe(`
Deployed: it publishes no port that speaks HTTP

  logs        npm run logs -- --stack docker
  change      edit the app's files, then: npm start -- --stack docker
  your app    README.md, Deploy your own app: a folder or a compose file, on a stack of its own
  look        npm run pulumi -- stack --stack docker
  state       /srv/retrofit/.retrofit/state
  destroy     npm run destroy -- --stack docker`);
  });

  it("loses no real VM", () => {
    expect(guide({ stack: "prod", target: "gcp", embedded: false, url: "http://x/", state })).not.toContain("kill-vm");
  });
});
