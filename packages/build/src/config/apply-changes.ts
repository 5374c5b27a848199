/**
 * Applies changes to both configurations of a working container, in upstream's order, as it shows in the history
 * (buildah: cmd/buildah/config.go, config.go).
 */
import { goTime } from '@lighter/spec/go-json';
import { isDockerType } from '@lighter/spec/manifest';
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import type { BuilderState } from '../state/builder-state.ts';
import type { ConfigChanges, ConfigEnvironment } from './changes.ts';
import { parseCmd, parseEntrypoint } from './commands.ts';
import { editEnvironment } from './edit-environment.ts';
import { editList, editMap, editSet, without } from './edit-maps.ts';
import { editHealthcheck } from './healthcheck.ts';
import { shellWords } from './shell-words.ts';

/** Changes `state` in place. Throws a BuildError with code INVALID for a value that makes no sense. */
export function applyChanges(state: BuilderState, changes: ConfigChanges, outside: ConfigEnvironment): void {
  new ConfigEditor(state, changes, outside).apply();
}

class ConfigEditor {
  readonly #state: BuilderState;
  readonly #changes: ConfigChanges;
  readonly #outside: ConfigEnvironment;

  constructor(state: BuilderState, changes: ConfigChanges, outside: ConfigEnvironment) {
    this.#state = state;
    this.#changes = changes;
    this.#outside = outside;
  }

  apply(): void {
    this.#image();
    this.#execution();
    this.#commands();
    this.#volumesAndHealth();
    this.#labels();
    this.#onlyDocker();
    this.#annotations();
  }

  get #docker() {
    return this.#state.docker.container_config;
  }

  get #oci(): ImageConfigParameters {
    this.#state.ociv1.config ??= {};
    return this.#state.ociv1.config;
  }

  #history(instruction: string): void {
    if (!this.#changes.addHistory) return;
    this.#state.PrependedEmptyLayers = [
      ...(this.#state.PrependedEmptyLayers ?? []),
      { created: goTime(this.#outside.now), created_by: `/bin/sh -c #(nop) ${instruction}`, empty_layer: true },
    ];
  }

  /** OCI has no place for it; it still counts in Docker's format. */
  #warnUnlessDocker(message: string): void {
    if (!isDockerType(this.#state.Format)) this.#outside.warn(`${message} Must use \`docker\` format`);
  }

  #image(): void {
    const { author, createdBy, architecture, variant, os, osVersion, osFeatures } = this.#changes;
    const { ociv1, docker } = this.#state;
    if (author !== undefined) ociv1.author = docker.author = author;
    if (createdBy !== undefined) this.#state['created-by'] = createdBy;
    if (architecture !== undefined) ociv1.architecture = docker.architecture = architecture;
    if (variant !== undefined) ociv1.variant = docker.variant = variant;
    if (os !== undefined) ociv1.os = docker.os = os;
    if (osVersion !== undefined) ociv1['os.version'] = docker['os.version'] = osVersion;
    if (osFeatures) ociv1['os.features'] = docker['os.features'] = editList(ociv1['os.features'], osFeatures);
  }

  #execution(): void {
    const { user, shell, stopSignal, ports = [], env = [] } = this.#changes;
    if (user !== undefined) {
      this.#oci.User = this.#docker.User = user;
      this.#history(`USER ${user}`);
    }
    if (shell !== undefined) {
      const words = shellWords(shell);
      this.#docker.Shell = words;
      this.#warnUnlessDocker(`SHELL is not supported for OCI image format, [${words.join(' ')}] will be ignored.`);
      this.#history(`SHELL ${shell}`);
    }
    if (stopSignal !== undefined) {
      this.#oci.StopSignal = this.#docker.StopSignal = stopSignal;
      this.#history(`STOPSIGNAL ${stopSignal}`);
    }
    if (ports.length > 0) {
      const clears = (port: string) => port.startsWith('-');
      this.#oci.ExposedPorts = editSet(this.#oci.ExposedPorts, ports, clears);
      this.#docker.ExposedPorts = editSet(this.#docker.ExposedPorts, ports, clears);
      this.#history(`EXPOSE ${ports.join(' ')}`);
    }
    if (env.length > 0) {
      const list = editEnvironment(this.#oci.Env, env, this.#outside);
      this.#oci.Env = list;
      this.#docker.Env = [...list];
    }
    // Upstream's command records it always, even without a change.
    this.#history(`ENV ${env.join(' ')}`);
  }

  #commands(): void {
    const { entrypoint, cmd } = this.#changes;
    if (entrypoint !== undefined) {
      const { words, shell } = parseEntrypoint(entrypoint);
      const arguments_ = this.#oci.Cmd?.join(' ');
      if (arguments_ && words.length > 0) {
        const effect = shell
          ? 'but will be ignored because of entrypoint settings'
          : 'and will be passed to entrypoint as a parameter';
        this.#outside.warn(`cmd ${JSON.stringify(arguments_)} exists ${effect}`);
      }
      this.#oci.Entrypoint = words;
      this.#docker.Entrypoint = [...words];
      this.#history(`ENTRYPOINT ${entrypoint}`);
    }
    if (cmd !== undefined) {
      const words = parseCmd(cmd);
      this.#oci.Cmd = words;
      this.#docker.Cmd = [...words];
      this.#history(`CMD ${cmd}`);
    }
  }

  #volumesAndHealth(): void {
    const { volumes = [] } = this.#changes;
    if (volumes.length > 0) {
      const clears = (volume: string) => volume === '-';
      this.#oci.Volumes = editSet(this.#oci.Volumes, volumes, clears);
      this.#docker.Volumes = editSet(this.#docker.Volumes, volumes, clears);
      for (const volume of volumes) this.#history(`VOLUME ${volume}`);
    }
    const before = this.#docker.Healthcheck;
    const healthcheck = editHealthcheck(before, this.#changes);
    if (JSON.stringify(healthcheck) === JSON.stringify(before)) return;
    if (healthcheck) {
      this.#docker.Healthcheck = healthcheck;
      this.#warnUnlessDocker('HEALTHCHECK is not supported for OCI image format and will be ignored.');
    } else {
      delete this.#docker.Healthcheck;
    }
    this.#history(`HEALTHCHECK ${this.#changes.healthcheck ?? ''}`);
  }

  #labels(): void {
    const { labels = [], unsetLabels = [], unsetAnnotations = [], workingDirectory } = this.#changes;
    if (labels.length > 0) {
      this.#setLabels(editMap(this.#oci.Labels, labels));
      this.#history(`LABEL ${labels.join(' ')}`);
    }
    if (unsetLabels.length > 0) this.#setLabels(without(this.#oci.Labels, unsetLabels));
    if (unsetAnnotations.length > 0) this.#state.annotations = without(this.#state.annotations, unsetAnnotations);
    if (workingDirectory !== undefined) {
      this.#oci.WorkingDir = this.#docker.WorkingDir = workingDirectory;
      this.#history(`WORKDIR ${workingDirectory}`);
    }
  }

  #setLabels(labels: Record<string, string>): void {
    this.#oci.Labels = labels;
    this.#docker.Labels = { ...labels };
  }

  #onlyDocker(): void {
    const { comment, historyComment, domainname, hostname, onBuild = [] } = this.#changes;
    const unsupported = 'is not supported for OCI';
    if (comment !== undefined) {
      this.#state.docker.comment = comment;
      if (comment) this.#warnUnlessDocker(`COMMENT ${unsupported} image format, comment ${comment} will be ignored.`);
    }
    if (historyComment !== undefined) this.#state['history-comment'] = historyComment;
    if (domainname !== undefined) {
      this.#docker.Domainname = domainname;
      if (domainname)
        this.#warnUnlessDocker(`DOMAINNAME ${unsupported} image format, domainname ${domainname} will be ignored.`);
    }
    if (hostname !== undefined) {
      this.#docker.Hostname = hostname;
      if (hostname)
        this.#warnUnlessDocker(`HOSTNAME ${unsupported} V1 image format, hostname ${hostname} will be ignored.`);
    }
    for (const instruction of onBuild) {
      this.#docker.OnBuild = [...(this.#docker.OnBuild ?? []), instruction];
      this.#warnUnlessDocker(`ONBUILD ${unsupported} image format, ${instruction} will be ignored.`);
      this.#history(`ONBUILD ${instruction}`);
    }
  }

  #annotations(): void {
    const { annotations = [] } = this.#changes;
    if (annotations.length > 0) this.#state.annotations = editMap(this.#state.annotations, annotations);
  }
}
