import { cacheFolder } from "../../../tools/context.mjs";
import { goToolPath } from "../../../tools/goTool.mjs";
import { machineImage } from "../../../tools/steps/machine.mjs";
import { gcsEmulator } from "../../../tools/versions.mjs";
import { runDaemon } from "../../daemon/run.ts";
import { connect } from "../../docker/connect.ts";
import { Cloud } from "../cloud.ts";
import { answers } from "./answers.ts";

const { env } = process;

runDaemon(
  import.meta.filename,
  (folder, log) =>
    new Cloud({
      folder,
      docker: connect({}).docker,
      machineImage: machineImage(),
      emulator: goToolPath(cacheFolder(env), "fake-gcs-server", gcsEmulator.version),
      registry: env.RETROFIT_REGISTRY ?? "127.0.0.1:5050",
      log,
    }),
  answers,
);
