// SPDX-License-Identifier: Apache-2.0
// The two modules of Node that tests use; the console itself runs in a browser.
declare module 'node:test' {
  export function test(name: string, body: () => void | Promise<void>): void;
}
declare module 'node:assert/strict' {
  const assert: {
    equal(got: unknown, wanted: unknown, message?: string): void;
    deepEqual(got: unknown, wanted: unknown, message?: string): void;
    ok(value: unknown, message?: string): asserts value;
    throws(run: () => unknown): void;
    match(text: string, pattern: RegExp): void;
  };
  export default assert;
}
