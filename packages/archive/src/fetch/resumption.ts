/** How far the transfer of an HTTP blob has got, and whether it is worth another try from there. */
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpRecipe } from '@lighter/spec/blob';
import { ArchiveError } from '../errors.ts';
import { shownUrl } from './shown-url.ts';

const DEFAULT_RETRIES = 3;
const FIRST_PAUSE = 500;
/** However long a server asks us to wait. */
const MAX_PAUSE = 60_000;

export class Resumption {
  readonly #recipe: HttpRecipe;
  readonly #signal: AbortSignal | undefined;
  #received = 0;
  #failures = 0;
  #receivedBefore = 0;

  constructor(recipe: HttpRecipe, signal: AbortSignal | undefined) {
    this.#recipe = recipe;
    this.#signal = signal;
  }

  /** Bytes so far: where the next transfer begins. */
  get received(): number {
    return this.#received;
  }

  /** Counts what has come. Throws when it is more than was announced. */
  took(bytes: number): void {
    this.#received += bytes;
    const { size, url } = this.#recipe;
    if (size !== undefined && this.#received > size)
      throw new ArchiveError('BLOB_TRUNCATED', `${shownUrl(url)}: more than the expected ${size} bytes`);
  }

  /** Throws unless everything is there. */
  finish(): void {
    const { size, url } = this.#recipe;
    if (size !== undefined && this.#received !== size)
      throw new ArchiveError('BLOB_TRUNCATED', `${shownUrl(url)}: ends after ${this.#received} of ${size} bytes`);
  }

  /** Waits before the next try, or throws the error when there is none. */
  async afterFailure(error: unknown): Promise<void> {
    this.#signal?.throwIfAborted();
    // A transfer that got on starts counting anew: only standing still uses up the retries.
    if (this.#received > this.#receivedBefore) this.#failures = 0;
    this.#receivedBefore = this.#received;
    if (this.#failures >= (this.#recipe.retries ?? DEFAULT_RETRIES) || !this.#isWorthRetrying(error)) throw error;
    const own = FIRST_PAUSE * 2 ** this.#failures++;
    const wanted = Math.max(own, (error as ArchiveError).retryAfter ?? 0);
    await pause(Math.min(MAX_PAUSE, wanted), undefined, this.#signal ? { signal: this.#signal } : {});
  }

  #isWorthRetrying(error: unknown): boolean {
    if (!(error instanceof ArchiveError)) return false;
    const { size } = this.#recipe;
    if (error.code === 'BLOB_TRUNCATED') return size === undefined || this.#received < size;
    return (
      error.code === 'BLOB_UNREACHABLE' ||
      (error.code === 'BLOB_STATUS' && ((error.status ?? 0) >= 500 || error.status === 429))
    );
  }
}
