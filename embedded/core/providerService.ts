import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { checkConfig, checkResource } from "./check.ts";
import { configValues } from "./config.ts";
import { diffResource } from "./diff.ts";
import { EngineLog } from "./engineLog.ts";
import type { ResourceFacts } from "./facts.ts";
import { partialFailure } from "./failure.ts";
import { type Call, type Configured, PartialFailure, type Provider, type ResourceHandler } from "./handler.ts";
import { autonamingOf, diffResponse, failureMessages, parseUrn } from "./messages.ts";
import { Operations, type Peer } from "./operations.ts";
import { redacted } from "./redact.ts";
import { packageSchema } from "./schema.ts";
import { previewOf, readState, stateOf } from "./state.ts";
import { containsUnknown, fromStruct, plain, Secret, same, toStruct, type ValueMap } from "./value.ts";

/** One provider as the service that the engine speaks to (pulumi/provider.proto). */
export class ProviderService {
  readonly #provider: Provider;
  // Each provider resource of a program attaches by a connection of its own, and requests carry no other sign of it.
  readonly #configured = new Map<string, Configured>();
  #latest: Configured | undefined;
  #log: EngineLog | undefined;
  /** What the engine has asked for and waits for. */
  readonly operations = new Operations();

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** The methods to register; those left out answer "unimplemented", which the engine takes for "not needed". */
  implementation(): UntypedServiceImplementation {
    const unary: Operations["unary"] = (action) => this.operations.unary(action);
    return {
      handshake: unary(async (request: InstanceType<typeof messages.ProviderHandshakeRequest>) => {
        this.#attach(request.getEngineAddress());
        const response = new messages.ProviderHandshakeResponse();
        response.setAcceptSecrets(true);
        response.setSupportsAutonamingConfiguration(true);
        return response;
      }),
      attach: unary(async (request: InstanceType<typeof plugin.PluginAttach>) => {
        this.#attach(request.getAddress());
        return new empty.Empty();
      }),
      getPluginInfo: unary(async () => {
        const response = new plugin.PluginInfo();
        response.setVersion(this.#provider.facts.version);
        return response;
      }),
      getSchema: unary(async () => {
        const response = new messages.GetSchemaResponse();
        response.setSchema(packageSchema(this.#provider.facts));
        return response;
      }),
      checkConfig: unary(async (request) => this.#checkConfig(request)),
      diffConfig: unary(async (request) => this.#diffConfig(request)),
      configure: unary(async (request, call) => this.#configure(request, call)),
      check: unary(async (request) => this.#check(request)),
      diff: unary(async (request) => this.#diff(request)),
      create: unary(async (request, call) => this.#create(request, call)),
      read: unary(async (request, call) => this.#read(request, call)),
      update: unary(async (request, call) => this.#update(request, call)),
      delete: unary(async (request, call) => this.#delete(request, call)),
      invoke: unary(async (request, call) => this.#invoke(request, call)),
      cancel: unary(async () => {
        this.operations.abort();
        return new empty.Empty();
      }),
    };
  }

  #attach(address: string): void {
    this.#log?.close();
    this.#log = address === "" ? undefined : new EngineLog(address);
  }

  #checkConfig(request: InstanceType<typeof messages.CheckRequest>) {
    const response = new messages.CheckResponse();
    const news = fromStruct(request.getNews());
    const { failures, secrets } = checkConfig(this.#provider.facts, configValues(news));
    const kept = Object.entries(news).map(([key, value]) => [key, secrets.has(key) ? new Secret(value) : value]);
    response.setInputs(toStruct(Object.fromEntries(kept)));
    response.setFailuresList(failureMessages(failures));
    return response;
  }

  #diffConfig(request: InstanceType<typeof messages.DiffRequest>) {
    const olds = fromStruct(request.getOldInputs() ?? request.getOlds());
    const news = fromStruct(request.getNews());
    const response = new messages.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    response.setChanges(same(olds, news) ? DIFF_NONE : DIFF_SOME);
    response.setDiffsList(Object.keys({ ...olds, ...news }).filter((key) => !same(olds[key], news[key])));
    return response;
  }

  async #configure(request: InstanceType<typeof messages.ConfigureRequest>, call: Peer) {
    const config = configValues(fromStruct(request.getArgs()));
    // In a preview the configuration may depend on what is not there yet; nothing is asked of the provider then.
    if (!containsUnknown(config)) {
      this.#latest = await this.#provider.configure(plain(config), this.#call("", 0));
      this.#configured.set(call.getPeer(), this.#latest);
    }
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  #check(request: InstanceType<typeof messages.CheckRequest>) {
    const { facts, resource, name } = this.#resource(request);
    const autonaming = autonamingOf(request.getAutonaming());
    const { inputs, failures: found } = checkResource(
      facts,
      resource,
      fromStruct(request.getNews()),
      fromStruct(request.getOlds()),
      { resource: name, seed: request.getRandomseed_asU8(), ...(autonaming ? { autonaming } : {}) },
    );
    const response = new messages.CheckResponse();
    response.setInputs(toStruct(inputs));
    response.setFailuresList(failureMessages(found));
    return response;
  }

  #diff(request: InstanceType<typeof messages.DiffRequest>) {
    const { facts, resource } = this.#resource(request);
    const news = fromStruct(request.getNews());
    const olds = request.hasOldInputs() ? fromStruct(request.getOldInputs()) : inputsOf(request, resource);
    const diff = diffResource(facts, resource, olds, news, request.getIgnorechangesList());
    return diffResponse(diff, resource.stable ?? []);
  }

  async #create(request: InstanceType<typeof messages.CreateRequest>, call: Peer) {
    const { resource } = this.#resource(request);
    const inputs = fromStruct(request.getProperties());
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(toStruct(previewOf(resource, inputs, this.#provider.facts.types)));
      return response;
    }
    const observed = await this.#keeping(resource, inputs, () =>
      this.#handler(request, call).create(plain(inputs), this.#call(request.getUrn(), request.getTimeout())),
    );
    response.setId(observed.id);
    response.setProperties(toStruct(stateOf(resource, inputs, observed.outputs)));
    return response;
  }

  async #read(request: InstanceType<typeof messages.ReadRequest>, call: Peer) {
    const { resource } = this.#resource(request);
    const handler = this.#handler(request, call);
    const context = this.#call(request.getUrn(), request.getTimeout());
    let outputs = plain(fromStruct(request.getProperties()));
    const response = new messages.ReadResponse();
    let inputs = fromStruct(request.getInputs());
    let id = request.getId();
    if (Object.keys(inputs).length === 0) {
      const stranger = await handler.read(id, undefined, outputs, context);
      if (stranger === undefined) return response;
      inputs = { ...(await handler.importInputs(stranger, context)), __defaults: [] };
      id = stranger.id;
      outputs = stranger.outputs;
    }
    const observed = await handler.read(id, plain(inputs), outputs, context);
    if (observed === undefined) return response;
    const read = readState(resource, inputs, observed);
    response.setId(observed.id);
    response.setInputs(toStruct(read.inputs));
    response.setProperties(toStruct(read.state));
    return response;
  }

  async #update(request: InstanceType<typeof messages.UpdateRequest>, call: Peer) {
    const { resource, token } = this.#resource(request);
    const news = fromStruct(request.getNews());
    const olds = request.hasOldInputs() ? fromStruct(request.getOldInputs()) : inputsOf(request, resource);
    const response = new messages.UpdateResponse();
    const state = fromStruct(request.getOlds());
    if (request.getPreview()) {
      const computed = Object.fromEntries(Object.entries(state).filter(([key]) => !(key in resource.inputs)));
      response.setProperties(toStruct({ ...computed, ...stateOf(resource, news, {}) }));
      return response;
    }
    const handler = this.#handler(request, call);
    const update = handler.update?.bind(handler);
    if (update === undefined) throw new Error(`${token} cannot be updated`);
    const observed = await this.#keeping(resource, news, () =>
      update(
        request.getId(),
        plain(olds),
        plain(news),
        plain(state),
        this.#call(request.getUrn(), request.getTimeout()),
      ),
    );
    response.setProperties(toStruct(stateOf(resource, news, observed.outputs)));
    return response;
  }

  async #delete(request: InstanceType<typeof messages.DeleteRequest>, call: Peer) {
    const { resource } = this.#resource(request);
    const inputs = request.hasOldInputs() ? fromStruct(request.getOldInputs()) : inputsOf(request, resource);
    const outputs = plain(fromStruct(request.getProperties()));
    const context = this.#call(request.getUrn(), request.getTimeout());
    await this.#keeping(resource, inputs, () =>
      this.#handler(request, call).delete(request.getId(), plain(inputs), outputs, context),
    );
    return new empty.Empty();
  }

  async #invoke(request: InstanceType<typeof messages.InvokeRequest>, call: Peer) {
    const { facts } = this.#provider;
    const token = request.getTok();
    const handler = this.#configuredFor(call).functions[token];
    if (handler === undefined) {
      throw new Error(`the function ${token} is not implemented by this stand-in for the ${facts.package} provider`);
    }
    const context = { ...this.#call("", 0), name: token };
    const response = new messages.InvokeResponse();
    response.setReturn(toStruct(await handler(plain(fromStruct(request.getArgs())), context)));
    return response;
  }

  /** What a failure leaves behind goes into state; what it says is free of secrets. */
  async #keeping<T>(resource: ResourceFacts, inputs: ValueMap, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const message = redacted(error instanceof Error ? error.message : String(error), inputs);
      if (!(error instanceof PartialFailure)) throw new Error(message, { cause: error });
      const { id, outputs } = error.observed;
      throw partialFailure(message, id, stateOf(resource, inputs, outputs), inputs);
    }
  }

  #resource(request: { getUrn(): string }) {
    const { facts } = this.#provider;
    const { token, name } = parseUrn(request.getUrn());
    const resource = facts.resources[token];
    const reason = resource?.unsupported;
    if (resource === undefined || reason !== undefined) {
      throw new Error(
        `${token} is not implemented by this stand-in for the ${facts.package} provider${reason ? `: ${reason}` : ""}`,
      );
    }
    return { facts, resource, token, name };
  }

  #handler(request: { getUrn(): string }, call: Peer): ResourceHandler {
    const { token } = this.#resource(request);
    const handler = this.#configuredFor(call).resources[token];
    if (handler === undefined) throw new Error(`${token} has facts but no handler`);
    return handler;
  }

  #configuredFor(call: Peer): Configured {
    const configured = this.#configured.get(call.getPeer()) ?? this.#latest;
    if (configured === undefined) throw new Error(`the ${this.#provider.facts.package} provider is not configured yet`);
    return configured;
  }

  /** @param timeout seconds (the resource's customTimeouts); 0 for no limit */
  #call(urn: string, timeout: number): Call {
    return {
      urn,
      name: parseUrn(urn).name,
      signal: this.operations.signal(timeout),
      log: (severity, message) => this.#log?.log(urn, severity, message),
    };
  }
}

/** An engine that does not send the old inputs: they are among the old outputs. */
function inputsOf(
  request: { getOlds?(): Parameters<typeof fromStruct>[0]; getProperties?(): Parameters<typeof fromStruct>[0] },
  resource: ResourceFacts,
): ValueMap {
  const state = fromStruct(request.getOlds?.() ?? request.getProperties?.());
  return Object.fromEntries(Object.entries(state).filter(([key]) => key in resource.inputs));
}
