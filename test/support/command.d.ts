export declare const repository: string;
export interface Result {
  /** Exit status, or 128 + n when signal n ended the command. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds; the command is then killed and the call throws. Default two minutes. */
  readonly timeout?: number;
}
/** Runs a program to its end and collects its output. Throws only when it can't be started or takes too long. */
export declare function run(file: string, args: readonly string[], options?: RunOptions): Promise<Result>;
/** Like {@link run}, but a failure throws with everything the command said. Returns stdout without its last newline. */
export declare function must(file: string, args: readonly string[], options?: RunOptions): Promise<string>;
export type CommandName = 'skopeo' | 'buildah' | 'podman' | 'crio';
/** Path of one of our four commands as the set-up builds it. */
export declare function ours(name: CommandName): string;
/** Path of the distribution's program of that name. */
export declare function peer(name: string): string;
