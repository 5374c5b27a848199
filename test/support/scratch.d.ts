import type { TestContext } from 'node:test';

type Cleaner =
  | Pick<TestContext, 'after'>
  | {
      after(action: () => Promise<void>): void;
    };
/** A new directory, gone after the test with everything mounted below it. */
export declare function scratch(context: Cleaner, name?: string): string;
/** Mount points at or below a directory, deepest first. */
export declare function mountsBelow(directory: string): string[];
export declare function unmountBelow(directory: string): Promise<void>;
