// SPDX-License-Identifier: Apache-2.0
import type { Twin } from '../lib/twin.ts';
import { said } from './language.ts';
import { twinNow } from './twins.ts';

/** What people call a twin: its own name in their language, else its id. */
export function nameOf(id: string, twin: Twin | undefined = twinNow(id)): string {
  for (const key of ['displayName', 'name']) {
    const value = twin?.values[key]?.value;
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const text = said(Object.fromEntries(Object.entries(value).map(([tag, word]) => [tag.replace('_', '-'), String(word)])));
      if (text) return text;
    }
  }
  return id;
}
