// SPDX-License-Identifier: Apache-2.0
// What is kept in this browser: language and theme, drafts of a model and of a binding,
// the last queries, and the ids (not the texts) of tokens that are to be deleted.

export function remember(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is closed.
  }
}

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
