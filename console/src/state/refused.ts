// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';

/** What a form was refused for: one sentence at a time, at the field that it is about. */
export interface Refused {
  at: (field: string) => string | undefined;
  /** What is about none of these fields, and is said beside all of them. */
  elsewhere: (fields: readonly string[]) => string | undefined;
  say: (field: string, text: string) => void;
  clear: () => void;
}

export function useRefused(): Refused {
  const now = useSignal({ of: '', text: '' });
  const { of, text } = now.value;
  const say = (field: string, sentence: string) => void (now.value = { of: field, text: sentence });
  return {
    at: (field) => (field === of ? text || undefined : undefined),
    elsewhere: (fields) => (fields.includes(of) ? undefined : text || undefined),
    say, clear: () => say('', ''),
  };
}
