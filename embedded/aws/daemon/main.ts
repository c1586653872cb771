import { runDaemon } from "../../daemon/run.ts";
import { connect } from "../../docker/connect.ts";
import { Cloud } from "../cloud.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { answers } from "./answers.ts";

runDaemon(
  import.meta.filename,
  (folder, log) =>
    new Cloud({
      folder,
      docker: connect({}).docker,
      registry: process.env.RETROFIT_REGISTRY ?? "127.0.0.1:5050",
      createRuntime,
      log,
    }),
  answers,
);
