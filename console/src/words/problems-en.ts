// SPDX-License-Identifier: Apache-2.0
export const problemsEn = {
  /** What the server refuses, by the stable id of the refusal: it speaks English itself. */
  problems: {} as Readonly<Record<string, string>>,
  /** What helps a connection, by the same id. */
  connectionCures: {} as Readonly<Record<string, string>>,
  problemWith: (sentence: string, detail: string) => `${sentence} ${detail}`,
};
