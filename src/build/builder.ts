import { randomUUID } from 'node:crypto';
import { type Builder, chooseBuilder, type EngineFacts, engineFacts, newBuilder } from '../docker/builder.ts';
import { builderCertificates, createBuilder } from '../docker/builder-create.ts';
import type { Docker } from '../docker/command.ts';
import { engineFolder, engineHost, startEngine } from '../docker/engine.ts';
import { type EnginePrograms, enginePrograms } from '../docker/engine-programs.ts';
import { type EngineStore, engineStore } from '../docker/engine-store.ts';
import { describeError } from '../errors.ts';
import type { BuildRun } from './build-run.ts';
import type { BuildInputs } from './inputs.ts';

/** A builder that is ready, and how docker reaches it. */
export interface ReadyBuilder {
  docker: Docker;
  name: string;
  /** True where RUN must use the machine's network. */
  hostNetwork: boolean;
  /** Another one of its kind, for when this one hangs on something; itself where there is only one. */
  another(): Promise<Docker>;
  /** Where the Engine of one of its dockers keeps what it built; absent unless the Engine is a private one. */
  storeOf?(docker: Docker): EngineStore;
}

/** The builder of one run: found at once, started only where something is to be built. */
export interface BuilderSource {
  find(): Promise<Builder>;
  /**
   * @param docker with the private configuration
   * @param folder the private configuration's
   * @throws DeployError
   */
  start(docker: Docker, folder: string): Promise<ReadyBuilder>;
}

/**
 * Finds a run's builder, asking each thing once.
 * @param remoteCache whether layers are to be kept outside of the Engine
 */
export function builderSource(inputs: BuildInputs, run: BuildRun, remoteCache: boolean): BuilderSource {
  const name = `deploy-lambda-container-${randomUUID().slice(0, 8)}`;
  // Neither needs a login, so nothing waits for one.
  const docker: Docker = { program: 'docker', env: run.env };
  const wish = { builder: inputs.builder, driver: inputs.driver, remoteCache, name };
  const programs = once(() => enginePrograms(run.env));
  const machine = {
    engine: (): Promise<EngineFacts> => engineFacts(docker),
    canStartEngine: async (): Promise<boolean> => (await programs()) !== undefined,
  };
  const find = once(() => chooseBuilder(docker, wish, machine));
  return {
    find,
    async start(signedIn, folder) {
      const chosen = await find();
      if (chosen.start === 'nothing') return readyBuilder(signedIn, chosen.name);
      if (chosen.start === 'builder') return await create(chosen, signedIn, folder, inputs, run);
      const found = await programs();
      const engine = found && (await startPrivateEngine(found, signedIn, run));
      return engine ?? (await create(newBuilder(name, 'docker-container'), signedIn, folder, inputs, run));
    },
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}

function readyBuilder(docker: Docker, name: string): ReadyBuilder {
  return { docker, name, hostNetwork: false, another: async () => docker };
}

/** @returns undefined, with one line, where it does not start: there is another way */
async function startPrivateEngine(
  programs: EnginePrograms,
  docker: Docker,
  run: BuildRun,
): Promise<ReadyBuilder | undefined> {
  const folders: string[] = [];
  const start = async (): Promise<Docker> => {
    const folder = engineFolder(run.job.runnerTemp, randomUUID().slice(0, 8));
    folders.push(folder);
    // Before it exists, as with everything that post removes.
    run.keep('engines', folders.join('\n'));
    await startEngine(folder, programs);
    const env = { ...docker.env, DOCKER_HOST: engineHost(folder), DOCKER_CONTEXT: '', DOCKER_TLS_VERIFY: '' };
    return { ...docker, env };
  };
  try {
    return {
      ...{ docker: await start(), name: 'default', hostNetwork: true, another: start },
      storeOf: (one) => engineStore(one, programs.asRoot),
    };
  } catch (error) {
    run.log.warning(`${describeError(error)} Building with a docker-container builder instead.`);
    return undefined;
  }
}

async function create(
  builder: Builder,
  docker: Docker,
  folder: string,
  inputs: BuildInputs,
  run: BuildRun,
): Promise<ReadyBuilder> {
  run.keep('builder', builder.name);
  const certificates = builder.driver === 'remote' ? await builderCertificates(run.env, folder) : [];
  await createBuilder(docker, builder, inputs, certificates);
  return readyBuilder(docker, builder.name);
}
