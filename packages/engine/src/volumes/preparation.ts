/** What a container's start has to do before the runtime can mount: plain data, kept in its record. */
export type MountPreparation =
  /** Mount the volume's own file system, fill it from the image, give it to the container's user: whatever is due. */
  | { readonly kind: 'volume'; readonly name: string; readonly destination: string; readonly copyUp: boolean }
  /** Show the image's file system at `target`. */
  | { readonly kind: 'image'; readonly layer: string; readonly target: string }
  /** Show a folder or file inside `root`, found without leaving it, at `target`. */
  | { readonly kind: 'subpath'; readonly root: string; readonly path: string; readonly target: string }
  /** Give everything below the path to the container's user. */
  | { readonly kind: 'chown'; readonly path: string }
  /** A copy-on-write view of `source`; without folders of the user's own, what is written goes at the end of the run. */
  | {
      readonly kind: 'overlay';
      readonly source: string;
      readonly target: string;
      readonly upper?: string;
      readonly work?: string;
    }
  /** `source` with its owners shifted. `map`: `uids=C-H-N#…;gids=…`, '' for the container's own. */
  | { readonly kind: 'idmap'; readonly source: string; readonly target: string; readonly map: string };
